# Completion of fish for tenants; what may stand where is the command's own to say.
set -g __tenants_program '@PROGRAM@'
function __tenants
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($__tenants_program __complete $words[2..] "$typed" 2>/dev/null)
    for line in $lines
        switch $line
            case ':file'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$typed")
            case ':folder'
                __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$typed")
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c tenants -f -a '(__tenants)'
