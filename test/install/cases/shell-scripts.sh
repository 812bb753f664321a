# Every shell script of the repository passes shellcheck. One that is sourced has no first line that tells, but a
# directive.
# shellcheck shell=bash
while read -r script; do
  check "shellcheck $script" shellcheck "$script"
done < <(git ls-files -co --exclude-standard -- ':!*.md' ':!*.ts' |
  xargs grep -lsIE -e '^#!(/usr)?/bin/(env )?(ba)?sh' -e '^# shellcheck shell=' -- | sort -u)
