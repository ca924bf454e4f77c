noinst_LIBRARIES += libecho.a
libecho_a_SOURCES = src/echo/echo.c src/echo/echo.h
