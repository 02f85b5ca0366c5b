# Completes what is called through make in this project: targets, their parameters, and substrates, tenants and Pulumi's own
# flags as values. `source completion/make.bash`, in ~/.bashrc with the whole path. Elsewhere make completes as before.

__tenant_hypervisors_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# What bash did for make until now, if anything.
__tenant_hypervisors_before=$(complete -p make 2>/dev/null | grep -o -- '-F [^ ]*' | cut -c4- | grep -v '^__tenant_hypervisors')

# Candidates for a value: $1 parameter, $2 what the usage line says of it, $3 what was typed; the rest are the words before.
__tenant_hypervisors_values() {
    local parameter=$1 allowed=$2 typed=$3 word substrate='*' goal
    shift 3
    for word; do
        [[ $word == SUBSTRATE=* ]] && substrate=${word#SUBSTRATE=}
        [[ $word != *=* && -z $goal ]] && goal=$word
    done
    case $parameter in
        SUBSTRATE) (cd "$__tenant_hypervisors_root" && compgen -G 'Pulumi.*.yaml' | sed 's/^Pulumi\.//; s/\.yaml$//') ;;
        TENANT) (cd "$__tenant_hypervisors_root/tenants" && compgen -G "$substrate/*.y*ml" | sed 's/.*\///; s/\.ya\?ml$//' | sort -u) ;;
        TARGET) __tenant_hypervisors_targets | cut -f1 ;;
        # The CLI knows its flags; it prints each with a description behind a tab, and its own remarks with a colon.
        ARGS) [[ $typed == -* ]] && PATH="$__tenant_hypervisors_root/.tools/bin:$PATH" \
            pulumi __complete "$goal" "$typed" 2>/dev/null | sed '/^:/d; s/\t.*//' ;;
        # Whoever confirms what goes away types it.
        YES) ;;
        *) case $allowed in
            '<file>' | '<folder>') compgen -f -- "$typed" ;;
            '<'*) ;;
            *) tr '|' '\n' <<<"$allowed" ;;
        esac ;;
    esac
}

__tenant_hypervisors_targets() {
    (cd "$__tenant_hypervisors_root" && awk -f completion/targets.awk Makefile)
}

__tenant_hypervisors() {
    if [[ $(pwd -P) != "$__tenant_hypervisors_root" ]]; then
        [[ -n $__tenant_hypervisors_before ]] && "$__tenant_hypervisors_before" "$@"
        return
    fi
    # Bash splits words at =; what was typed is split at spaces here.
    local -a words
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}x"
    local last=${words[-1]%x} prefix usage part candidates before=("${words[@]:1:${#words[@]}-2}")
    usage=$(__tenant_hypervisors_targets | awk -F '\t' -v words=" ${before[*]} " 'index(words, " " $1 " ") { print $2 }')
    if [[ $last == *=* ]]; then
        part=$(grep -o "\b${last%%=*}=[^] ]*" <<<"$usage" | head -1)
        [[ -n $part ]] && candidates=$(__tenant_hypervisors_values "${last%%=*}" "${part#*=}" "${last#*=}" "${before[@]}")
        # Where bash does not split at =, what it gets back replaces the parameter's name, too.
        [[ $COMP_WORDBREAKS == *=* ]] || prefix=${last%%=*}=
        last=${last#*=}
    else
        # A target first; then its parameters that are not there yet.
        candidates=$(grep -o '\b[A-Z_]\+=' <<<"$usage" | grep -vxF "$(printf '%s\n' "${before[@]}" | grep -o '^[A-Z_]\+=')")
        [[ -z $usage ]] && candidates=$(__tenant_hypervisors_targets | cut -f1)
        compopt -o nospace 2>/dev/null
        [[ -z $usage ]] && compopt +o nospace 2>/dev/null
    fi
    mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$candidates" -- "$last")
}

complete -o bashdefault -F __tenant_hypervisors make
