import { shellWord } from "../../text/shell-word.ts";
import {
  allFlags,
  byWords,
  listing,
  namesWithFiles,
  namesWithPools,
  namesWithValue,
  PLACING,
  type Vocabulary,
} from "./vocabulary.ts";

/** The function that asks the program for words. */
const ASK = "_gateway-route-manager-ask";

/** Entries of `_describe`: a name, a colon and a description. */
function described(entries: readonly { readonly name: string; readonly help: string }[], indent: string): string {
  return entries.map(({ name, help }) => `${indent}${shellWord(`${name}:${help}`)}`).join("\n");
}

/** The completion script for zsh: a file `_gateway-route-manager` in `$fpath`, or sourced after compinit. */
export function zshCompletion(vocabulary: Vocabulary): string {
  const { commands, flags } = vocabulary;
  const all = allFlags(vocabulary);
  const values = byWords(all).map(({ names, words }) => `\t\t${names.join("|")}) compadd -- ${words.join(" ")} ;;`);
  const own = commands
    .filter((command) => command.flags.length > 0)
    .map((command) => `\t${command.name}) flags+=(\n${described(command.flags, "\t\t")}\n\t) ;;`);
  const subjects = commands
    .filter((command) => command.subjects.length > 0)
    .map((command) => `\t3:${command.name}) compadd -- ${command.subjects.join(" ")} && return ;;`);
  const listed = commands
    .filter((command) => command.listsSubjects)
    .map((command) => `\t3:${command.name}) compadd -- \${(f)"$(${listing(command, ASK)})"} && return ;;`);
  const pools = namesWithPools(all).map((name) => `\t\t${name}) compadd -- \${(f)"$(${ASK} print pools)"} ;;`);
  return `#compdef gateway-route-manager
# Completions of gateway-route-manager for zsh.

# Runs the program with the flags on the line that say which service is meant.
${ASK}() {
	local -a given
	local i
	for (( i = 2; i <= $#words; i++ )); do
		(( i == CURRENT )) && continue
		case \${words[i]/#--/-} in
		${PLACING.map((name) => `-${name}`).join("|")})
			given+=("$words[i]" "\${\${(Q)words[i+1]}/#\\~\\//$HOME/}")
			(( i++ ))
			;;
		${PLACING.map((name) => `-${name}=*`).join("|")}) given+=("\${(Q)words[i]}") ;;
		esac
	done
	gateway-route-manager "$@" $given 2>/dev/null
}

_gateway-route-manager() {
	local flag='' dashes=-
	local -a commands flags
	commands=(
${described(commands, "\t\t")}
	)
	flags=(
${described(flags, "\t\t")}
	)
	case $words[2] in
${own.join("\n")}
	esac

	if [[ $PREFIX == -*=* ]]; then
		flag=\${PREFIX%%=*}
		compset -P '*='
	elif (( CURRENT > 2 )) && [[ $words[CURRENT-1] == -* ]]; then
		case \${\${words[CURRENT-1]#-}#-} in
		${namesWithValue(all).join("|")}) flag=$words[CURRENT-1] ;;
		esac
	fi

	if [[ -n $flag ]]; then
		case \${\${flag#-}#-} in
		${namesWithFiles(all).join("|")}) _files ;;
${[...values, ...pools].join("\n")}
		esac
		return
	fi
	[[ $PREFIX == --* ]] && dashes=--
	flags=("$dashes"\${^flags})
	[[ $PREFIX == -* ]] || case $CURRENT:$words[2] in
	2:*) _describe command commands && return ;;
${[...subjects, ...listed].join("\n")}
	esac
	_describe -o flag flags
}

# zsh runs a file of $fpath as the body of the function; a sourced file has to register it.
if [[ $funcstack[1] == _gateway-route-manager ]]; then
	_gateway-route-manager "$@"
else
	compdef _gateway-route-manager gateway-route-manager
fi
`;
}
