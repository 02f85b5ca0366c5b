# Names of the parameters that one of the targets in `goals` takes, out of what targets.awk prints.
index(" " goals " ", " " $1 " ") {
    while (match($2, /[A-Z_]+=/)) {
        print substr($2, RSTART, RLENGTH - 1)
        $2 = substr($2, RSTART + RLENGTH)
    }
}
