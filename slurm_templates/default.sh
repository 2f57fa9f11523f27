#!/bin/bash
# The template that "template = default" names: no options, no shell lines.
#
# Copy it to slurm_templates/NAME.sh beside your experiment and say
# "template = NAME".  "#SBATCH" lines up to the first command are options that
# [defaults] and phases override; shell lines (module load, source a venv) are
# run before the phase's command, which gets what they export.
