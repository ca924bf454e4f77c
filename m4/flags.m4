# ECHO_ADD_CFLAGS(VARIABLE, FLAGS): adds each flag that the compiler takes.
AC_DEFUN([ECHO_ADD_CFLAGS], [
    AC_LANG_PUSH([C])
    for flag in $2; do
        AC_MSG_CHECKING([whether $CC takes $flag])
        saved_CFLAGS=$CFLAGS
        CFLAGS="-Werror $flag"
        AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
            [AC_MSG_RESULT([yes])
             $1="$$1 $flag"],
            [AC_MSG_RESULT([no])])
        CFLAGS=$saved_CFLAGS
    done
    AC_LANG_POP([C])
])

# ECHO_ADD_LDFLAGS(VARIABLE, FLAGS): adds each flag that the linker takes.
AC_DEFUN([ECHO_ADD_LDFLAGS], [
    AC_LANG_PUSH([C])
    for flag in $2; do
        AC_MSG_CHECKING([whether the linker takes $flag])
        saved_CFLAGS=$CFLAGS saved_LDFLAGS=$LDFLAGS
        CFLAGS="-Werror -fPIE" LDFLAGS=$flag
        AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
            [AC_MSG_RESULT([yes])
             $1="$$1 $flag"],
            [AC_MSG_RESULT([no])])
        CFLAGS=$saved_CFLAGS LDFLAGS=$saved_LDFLAGS
    done
    AC_LANG_POP([C])
])

# ECHO_ATOMICS: adds -latomic where the processor has no instructions for 64 bits at once.
AC_DEFUN([ECHO_ATOMICS], [
    AC_MSG_CHECKING([whether atomic 64-bit integers need -latomic])
    AC_LANG_CONFTEST([AC_LANG_PROGRAM([[#include <stdint.h>
        uint64_t number;]], [[return (int)__atomic_add_fetch(&number, 1, __ATOMIC_RELAXED);]])])
    AC_LINK_IFELSE([], [AC_MSG_RESULT([no])], [
        LIBS="-latomic $LIBS"
        AC_LINK_IFELSE([], [AC_MSG_RESULT([yes])],
            [AC_MSG_ERROR([64-bit atomic operations are required])])
    ])
])
