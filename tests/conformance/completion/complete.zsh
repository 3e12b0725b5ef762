# Lists what completes the line $2 with the completions in the file $1, as zsh shows it: zsh completes only in a terminal.
zmodload zsh/zpty
export TERM=xterm
zpty shell zsh -f -i
zpty -w shell "PS1=; PROMPT_EOL_MARK=; autoload -Uz compinit; compinit -u -D; source ${(q)1}; LISTMAX=1000
setopt no_auto_menu no_beep; stty -echo columns 200 rows 900"
# The quotes are for the echo of the terminal: it is not what is waited for. A terminal that takes a line says so (bracketed paste).
zpty -w shell "print -r -- REA''DY"
zpty -r shell line '*READY*2004h*'
# Control-D lists the words, and Control-U removes the line.
zpty -n -w shell "$2"$'\x04'
sleep 1
zpty -n -w shell $'\x15'
zpty -w shell "print -r -- DO''NE"
while zpty -r shell line && [[ $line != *DONE* ]]; do print -r -- "$line"; done
zpty -d shell
