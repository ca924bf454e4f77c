dist_man_MANS += man/echo-server.8
dist_man_MANS += man/echo-endpoint.7
dist_man_MANS += man/echo-server.conf.5
dist_man_MANS += man/echo-client.1
dist_man_MANS += man/echo-bench.1
