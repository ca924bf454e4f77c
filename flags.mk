# The user's flags win over ours, and in silence: of ours, those are left out that would contradict
# or do not apply. Here rather than in configure, so that "make CFLAGS=-O0" has the same effect.

user_flags = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
is_optimised = $(filter-out -O0,$(lastword $(filter -O%,$(CC) $(CFLAGS))))

# FORTIFY_SOURCE, unless the user says something about it.
fortify_cppflags = $(if $(findstring _FORTIFY_SOURCE,$(user_flags)),,$(HARDEN_CPPFLAGS))

# Without optimisation each variable has its own place on the stack.
frame_cppflags = $(if $(is_optimised),$(FRAME_CPPFLAGS))

# A static program becomes a static PIE.
not_pie = $(filter -no-pie -nopie -fno-pie -fno-PIE,$(user_flags))
is_static = $(filter -static -static-pie,$(user_flags))
pie_ldflags = $(if $(is_static),,$(if $(not_pie),-no-pie,$(PIE_LDFLAGS)))
static_mode = $(if $(not_pie),-static,$(or $(STATIC_PIE_LDFLAGS),-static))
override CFLAGS := $(patsubst -static,$(static_mode),$(CFLAGS))
override LDFLAGS := $(patsubst -static,$(static_mode),$(LDFLAGS))

# With -flto, objects that hold code too: the tests replace functions when they link (-Wl,--wrap),
# which requires it, and any ar can make archives of them. gcc warns about a plain -flto when it
# links: -flto=auto uses all processors.
lto_cflags = $(if $(filter -flto -flto=%,$(user_flags)),$(LTO_CFLAGS))
lto_ldflags = $(if $(filter -flto,$(user_flags)),$(LTO_LDFLAGS))

# What results of all flags, in one line; the end of ./configure shows it.
EXTRA_DIST += m4/hardening.c m4/show-hardening
CLEANFILES += m4/hardening m4/hardening.i m4/hardening.o
.PHONY: show-hardening
show-hardening:
	@$(MKDIR_P) m4
	@$(COMPILE) -E -P -o m4/hardening.i $(srcdir)/m4/hardening.c
	@$(COMPILE) -c -o m4/hardening.o $(srcdir)/m4/hardening.c
	@$(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o m4/hardening m4/hardening.o
	@$(srcdir)/m4/show-hardening '$(READELF)' m4/hardening m4/hardening.i
