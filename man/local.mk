dist_man_MANS += man/echo-endpoint.7
