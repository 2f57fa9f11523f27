#!/bin/bash
# latentwire.t - the example's own self-test.
exec "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/examples/latentwire/selftest.sh"
