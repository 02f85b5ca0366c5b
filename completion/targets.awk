# Reads the targets out of the Makefile: for each one line of its name, its parameters, its program and what it does, with tabs
# between. What it does stands in the Makefile behind `##`. The parameters are those of the usage line of the program
# under commands/ or lab/ that the target runs; of a target without one they stand in the Makefile, behind ` | `.

BEGIN { OFS = "\t" }

/^[a-z-]+:/ {
    name = substr($0, 1, index($0, ":") - 1)
    if ((at = index($0, "## ")) > 0) {
        told = substr($0, at + 3)
        bar = index(told, " | ")
        order[++count] = name
        does[name] = bar ? substr(told, 1, bar - 1) : told
        parameters[name] = bar ? substr(told, bar + 3) : ""
    }
}

# The program's usage line names the target; a program without one has no --help.
/^\t/ && match($0, /(commands|lab)\/[A-Za-z]+\.ts/) {
    file = substr($0, RSTART, RLENGTH)
    usage = "usage: make " name " "
    while ((getline line < file) > 0)
        if ((at = index(line, usage)) > 0) {
            program[name] = file
            parameters[name] = substr(line, at + length(usage))
            sub(/`.*/, "", parameters[name])
        }
    close(file)
}

END {
    for (i = 1; i <= count; i++)
        print order[i], parameters[order[i]], program[order[i]], does[order[i]]
}
