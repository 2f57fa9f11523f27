/*
 * conf.h - where libslurm finds its configuration when no SLURM_CONF is set.
 */
#ifndef LATSUB_SLURM_CONF_H
#define LATSUB_SLURM_CONF_H

static const char *const conf_places[] = {
	"/etc/slurm/slurm.conf", "/etc/slurm-llnl/slurm.conf",
	"/run/slurm/conf/slurm.conf", "/usr/local/etc/slurm.conf",
};

#endif
