dnl LATSUB_CHECK_SLURM - libslurm by header and library, and what differs
dnl between its releases by member and function.
AC_DEFUN([LATSUB_CHECK_SLURM], [
AC_ARG_WITH([slurm], [AS_HELP_STRING([--with-slurm@<:@=PREFIX@:>@],
	[Slurm's installation, or "no" to leave out the Slurm module])],
	[], [with_slurm=check])
have_slurm=no
SLURM_CPPFLAGS= SLURM_LIBS=
AS_IF([test "x$with_slurm" != xno], [
	AS_CASE([$with_slurm], [yes|check], [],
		[SLURM_CPPFLAGS="-I$with_slurm/include"
		 SLURM_LIBS="-L$with_slurm/lib64 -L$with_slurm/lib -Wl,-rpath,$with_slurm/lib64 -Wl,-rpath,$with_slurm/lib"])
	slurm_save_CPPFLAGS=$CPPFLAGS slurm_save_LIBS=$LIBS
	CPPFLAGS="$CPPFLAGS $SLURM_CPPFLAGS"
	LIBS="$SLURM_LIBS $LIBS"
	AC_CHECK_HEADER([slurm/slurm.h], [
		AC_CHECK_LIB([slurm], [slurm_submit_batch_job], [
			have_slurm=yes
			SLURM_LIBS="$SLURM_LIBS -lslurm"
			LIBS="-lslurm $LIBS"
			AC_CHECK_FUNCS([slurm_init slurm_kill_job2 slurm_requeue2 slurm_job_will_run slurm_job_reason_string slurm_job_state_reason_string])
			AC_CHECK_DECLS([WAIT_PN_MEM_LIMIT, WAIT_RESV_DELETED, WAIT_RESV_INVALID], [], [],
				[[#include <slurm/slurm.h>]])
			AC_CHECK_MEMBERS([job_desc_msg_t.tres_per_job,
				job_desc_msg_t.tres_per_node,
				job_desc_msg_t.tres_per_task,
				job_desc_msg_t.gres,
				job_desc_msg_t.group_id,
				job_desc_msg_t.env_hash,
				slurm_job_info_t.priority_by_partition,
				slurm_job_info_t.preempt_time,
				slurm_job_info_t.command,
				job_desc_msg_t.argv,
				slurm_conf_t.preempt_type], [], [],
				[[#include <slurm/slurm.h>]])
			AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
				#include <slurm/slurm.h>]], [[
				job_info_msg_t *m = 0;
				return slurm_load_job(&m, (uint32_t)1, 0);]])],
				[AC_DEFINE([SLURM_LOAD_JOB_TAKES_ID], [1],
					[slurm_load_job takes a job id, not a step id])])
		])
	])
	CPPFLAGS=$slurm_save_CPPFLAGS
	LIBS=$slurm_save_LIBS
	AS_IF([test $have_slurm = no && test "x$with_slurm" != xcheck],
		[AC_MSG_ERROR([libslurm was asked for and is not there; on Debian: apt-get install libslurm-dev])])
	AS_IF([test $have_slurm = no],
		[AC_MSG_WARN([no libslurm: latsub is built without its Slurm module (Debian: apt-get install libslurm-dev)])])
])
AC_SUBST([SLURM_CPPFLAGS])
AC_SUBST([SLURM_LIBS])
AM_CONDITIONAL([HAVE_SLURM], [test $have_slurm = yes])
])
