# A file of each program, where the shells look for it.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = \
	etc/completions/bash/echo-server

zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = \
	etc/completions/zsh/_echo-server
