# ECHO_COMPLETIONS(SHELL, MEANING OF THE DEFAULT): --with-SHELL-completion-dir. Without it, or with yes,
# make knows the directory; with no, there is none and nothing is installed.
AC_DEFUN([ECHO_COMPLETIONS], [
    AC_ARG_WITH([$1-completion-dir], [AS_HELP_STRING([--with-$1-completion-dir=DIR],
        [where completions for $1 go, or `no' @<:@$2@:>@])], [], [with_$1_completion_dir=yes])
    AS_CASE([$with_$1_completion_dir],
        [yes], [$1completiondir='$(default_$1completiondir)'],
        [no], [$1completiondir=],
        [[[\\/$]]*], [$1completiondir=$with_$1_completion_dir],
        [AC_MSG_ERROR([--with-$1-completion-dir=$with_$1_completion_dir: dnl
expected an absolute path, yes or no])])
    AC_SUBST([$1completiondir])
])
