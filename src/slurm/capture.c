/*
 * capture.c - what libslurm prints to standard error during a call.
 *
 * Why a limit refuses a job is said there and nowhere else
 * ("AssocMaxSubmitJobLimit"), and so are the words of a site's job_submit plugin.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "module.h"

void
module_capture_begin(struct module_capture *capture)
{
	fflush(stderr);
	capture->file = memfd_create("said", MFD_CLOEXEC);
	capture->saved = capture->file < 0 ? -1 : dup(STDERR_FILENO);
	if (capture->saved >= 0)
		dup2(capture->file, STDERR_FILENO);
}

void
module_capture_end(struct module_capture *capture, char *text, size_t size)
{
	ssize_t got = 0;

	text[0] = '\0';
	if (capture->saved >= 0) {
		fflush(stderr);
		dup2(capture->saved, STDERR_FILENO);
		close(capture->saved);
		got = pread(capture->file, text, size - 1, 0);
		text[got > 0 ? got : 0] = '\0';
	}
	if (capture->file >= 0)
		close(capture->file);
}
