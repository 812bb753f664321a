# Every shell script of the repository passes shellcheck. A script that is sourced has a shellcheck directive instead of a
# #! line.
# shellcheck shell=bash
while read -r script; do
  check "$script passes shellcheck" shellcheck "$script"
done < <(git ls-files -co --exclude-standard -- ':!*.md' ':!*.ts' |
  xargs grep -lsIE -e '^#!(/usr)?/bin/(env )?(ba)?sh' -e '^# shellcheck shell=' -- | sort -u)

# service_file MANAGER: the script that the program prints for OpenRC or procd.
# shellcheck disable=SC2154 # scripts/test-install sets the folder
service_file() {
  "$dist/linux-$(node -p process.arch)/gateway-route-manager" service "$1" -start-ip 192.168.1.10 -end-ip 192.168.1.12 \
    -on-change "/usr/bin/logger -t gateways 'it'\\''s \$1'"
}
# SC2034: the service manager uses the variables.
lint_service_file() { service_file "$1" | shellcheck --shell=sh --severity=warning --exclude=SC2034 -; }
for manager in openrc openwrt; do check "the service file for $manager passes shellcheck" lint_service_file "$manager"; done
