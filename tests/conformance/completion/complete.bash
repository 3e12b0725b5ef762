# Completes the words $2 and following with the completions in the file $1, as Bash does, and prints the replies.
# shellcheck disable=SC1090
source "$1"
shift
export COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_jinaflow
printf '%s\n' "${COMPREPLY[@]}"
