EXTRA_DIST += etc/echo-server.conf

settings_file = $(DESTDIR)$(sysconfdir)/echo-server.conf

# The administrator's edits outlive an update and an uninstall.
install-data-local: install-settings
uninstall-local: uninstall-settings
.PHONY: install-settings uninstall-settings

install-settings:
	@$(MKDIR_P) '$(DESTDIR)$(sysconfdir)'
	@if test -e '$(settings_file)' || test -L '$(settings_file)'; then \
	  echo "keeping $(settings_file), which is there already"; \
	else \
	  echo " $(INSTALL_DATA) echo-server.conf '$(DESTDIR)$(sysconfdir)'"; \
	  $(INSTALL_DATA) '$(srcdir)/etc/echo-server.conf' '$(settings_file)'; \
	fi

uninstall-settings:
	@if cmp -s '$(srcdir)/etc/echo-server.conf' '$(settings_file)'; then \
	  echo " rm -f '$(settings_file)'"; \
	  rm -f '$(settings_file)'; \
	elif test -e '$(settings_file)'; then \
	  echo "keeping $(settings_file), which was edited"; \
	fi

# Where the shells look for completions, unless ./configure was told. zsh on Debian and its relatives
# looks in the vendor's directory below /usr and in the site's elsewhere.
is_vendor = $(and $(filter /usr,$(prefix)),$(wildcard /etc/debian_version))
default_bashcompletiondir = $(datadir)/bash-completion/completions
default_zshcompletiondir = $(datadir)/zsh/$(if $(is_vendor),vendor-completions,site-functions)
dist_bashcompletion_DATA = etc/completions/bash/echo-server etc/completions/bash/echo-client etc/completions/bash/echo-bench
dist_zshcompletion_DATA = etc/completions/zsh/_echo-server etc/completions/zsh/_echo-client etc/completions/zsh/_echo-bench
