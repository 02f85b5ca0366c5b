#compdef tenants
# Completion of zsh for tenants; what may stand where is the command's own to say.
__tenants_program='@PROGRAM@'
_tenants() {
    local -a lines values texts
    local line directive
    lines=("${(@f)$("$__tenants_program" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $lines; do
        case $line in
            :*) directive=$line ;;
            *) values+=("${line%%$'\t'*}"); texts+=("${line//$'\t'/  -- }") ;;
        esac
    done
    case $directive in
        :file) compset -P '--*='; _files ;;
        :folder) compset -P '--*='; _files -/ ;;
        *) (( $#values )) && compadd -l -d texts -- $values ;;
    esac
}
(( $+functions[compdef] )) || { autoload -U compinit && compinit; }
compdef _tenants tenants
