#!/bin/bash
# answers PORT PATH [LINE]: succeeds when this machine's PORT answers PATH with 200, and with that line in the body.
#
# For health checks: the image holds no HTTP client, and bash is one.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
answer=$(cat <&3)
[[ $answer == 'HTTP/1.1 200 '* ]]
[[ $# -lt 3 || $'\n'$answer$'\n' == *$'\n'"$3"$'\n'* ]]
