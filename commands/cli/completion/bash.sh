# Completion of bash for tenants; what may stand where is the command's own to say.
__tenants_program='@PROGRAM@'
__tenants() {
    local -a words
    local line=${COMP_LINE:0:COMP_POINT} directive candidate last
    # Bash splits words at =; what was typed is split at spaces here.
    read -ra words <<<"${line}x"
    last=${words[-1]%x}
    words[-1]=$last
    COMPREPLY=()
    while IFS= read -r candidate; do
        case $candidate in
            :*) directive=$candidate ;;
            *) COMPREPLY+=("${candidate%%$'\t'*}") ;;
        esac
    done < <("$__tenants_program" __complete "${words[@]:1}" 2>/dev/null)
    case $directive in
        :file) mapfile -t COMPREPLY < <(compgen -f -- "${last#--*=}") ;;
        :folder) mapfile -t COMPREPLY < <(compgen -d -- "${last#--*=}") ;;
        *) [[ $last == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("${COMPREPLY[@]#"${last%%=*}="}") ;;
    esac
    [[ $directive == :f* ]] && compopt -o filenames 2>/dev/null
    return 0
}
complete -F __tenants tenants
