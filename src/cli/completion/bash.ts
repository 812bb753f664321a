import {
  allFlags,
  byWords,
  type Flag,
  listing,
  namesWithFiles,
  namesWithPools,
  namesWithValue,
  PLACING,
  type Vocabulary,
} from "./vocabulary.ts";

/** The function that asks the program for words. */
const ASK = "_gateway_route_manager_ask";

const names = (flags: readonly Flag[]): string => flags.map(({ name }) => name).join(" ");

/** The completion script for bash 3.2 or newer, with or without the package bash-completion. */
export function bashCompletion(vocabulary: Vocabulary): string {
  const { commands, flags } = vocabulary;
  const all = allFlags(vocabulary);
  const values = byWords(all).map(({ names: of, words }) => `\t\t${of.join("|")}) words='${words.join(" ")}' ;;`);
  const own = commands
    .filter((command) => command.flags.length > 0)
    .map((command) => `\t${command.name}) flags="$flags ${names(command.flags)}" ;;`);
  const subjects = commands
    .filter((command) => command.subjects.length > 0)
    .map((command) => `\t\t${command.name}) words='${command.subjects.join(" ")}' ;;`);
  const listed = commands
    .filter((command) => command.listsSubjects)
    .map((command) => `\t\t2:${command.name}) words=$(${listing(command, ASK)}) ;;`);
  const pools = namesWithPools(all).map((name) => `\t\t${name}) words=$(${ASK} print pools) ;;`);
  return `# Completions of gateway-route-manager for bash.
# shellcheck shell=bash disable=SC2207 # no word has a space, and files are split at line breaks

# Runs the program with the flags on the line that say which service is meant.
${ASK}() {
	local -a given=()
	local i word current=$COMP_CWORD
	[[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && current=''
	for ((i = 1; i < \${#COMP_WORDS[@]}; i++)); do
		word=\${COMP_WORDS[i]}
		[[ $i == "$current" ]] && continue
		case \${word/#--/-} in
		${PLACING.map((name) => `-${name}`).join(" | ")})
			[[ \${COMP_WORDS[i + 1]} == "=" ]] && i=$((i + 1))
			i=$((i + 1))
			given+=("$word" "\${COMP_WORDS[i]/#\\~\\//$HOME/}")
			;;
		${PLACING.map((name) => `-${name}=*`).join(" | ")}) given+=("$word") ;;
		esac
	done
	gateway-route-manager "$@" "\${given[@]}" 2>/dev/null
}

_gateway_route_manager() {
	local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} flag='' glued='' words='' dashes=-
	local flags='${names(flags)}'
	# Before other words, bash has no word for the cursor, and calls the next one the current one.
	[[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && word=''
	case \${COMP_WORDS[1]} in
${own.join("\n")}
	esac

	# bash splits -flag=value at the equals sign, unless COMP_WORDBREAKS lacks it.
	if [[ $word == "=" ]]; then
		flag=$before word=''
	elif [[ $before == "=" ]]; then
		flag=\${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $word == -*=* ]]; then
		flag=\${word%%=*} glued=\${word%%=*}= word=\${word#*=}
	elif [[ $before == -* ]]; then
		flag=\${before#-}
		case \${flag#-} in
		${namesWithValue(all).join("|")}) flag=$before ;;
		*) flag='' ;;
		esac
	fi

	COMPREPLY=()
	if [[ $flag ]]; then
		flag=\${flag#-}
		case \${flag#-} in
		${namesWithFiles(all).join("|")})
			local IFS=$'\\n'
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -P "$glued" -f -- "$word"))
			return
			;;
${[...values, ...pools].join("\n")}
		esac
		COMPREPLY=($(compgen -P "$glued" -W "$words" -- "$word"))
		return
	fi
	if [[ $word != -* ]]; then
		case $COMP_CWORD:\${COMP_WORDS[1]} in
		1:*) words='${commands.map(({ name }) => name).join(" ")}' ;;
${[...subjects.map((line) => line.replace("\t\t", "\t\t2:")), ...listed].join("\n")}
		esac
		COMPREPLY=($(compgen -W "$words" -- "$word"))
		[[ $words || $word ]] && return
	fi
	[[ $word == --* ]] && dashes=--
	COMPREPLY=($(compgen -P "$dashes" -W "$flags" -- "\${word#"$dashes"}"))
}

complete -F _gateway_route_manager gateway-route-manager
`;
}
