# Every shell script of the repository passes shellcheck. One that is sourced has no first line that tells, but a
# directive.
# shellcheck shell=bash
while read -r script; do
  check "shellcheck $script" shellcheck "$script"
done < <(git ls-files -co --exclude-standard -- ':!*.md' ':!*.ts' |
  xargs grep -lsIE -e '^#!(/usr)?/bin/(env )?(ba)?sh' -e '^# shellcheck shell=' -- | sort -u)

# What the program prints for OpenRC and procd, which use the variables and functions of these.
# shellcheck disable=SC2154 # scripts/test-install has the folder
service_file() { # MANAGER
  "$dist/linux-$(node -p process.arch)/gateway-route-manager" service "$1" -start-ip 192.168.1.10 -end-ip 192.168.1.12 \
    -on-change "/usr/bin/logger -t gateways 'it'\\''s \$1'"
}
lint_service_file() { service_file "$1" | shellcheck --shell=sh --severity=warning --exclude=SC2034 -; }
for manager in openrc openwrt; do check "shellcheck the service file for $manager" lint_service_file "$manager"; done
