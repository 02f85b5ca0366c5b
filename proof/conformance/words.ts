/**
 * English words that messages of PVE and OPNsense are made of, and none that a site calls a thing of its own by: an error that the
 * simulators do not know is told by these.
 */
export const WORDS: ReadonlySet<string> = new Set(
    (
        "a about access active add added address addresses after again alias all allowed already an and any api are argument as " +
        "assigned at authentication available bad be because been before begin bridge but by call can cannot case cdrom changed " +
        "character characters check choose client clone cloud cloudinit cluster command config configuration connect connection " +
        "contains controller could cores cpu cputype created data default defined delete deleted denied destination destroy device dhcp " +
        "digest disabled disk does domain doesn done dns down drive drives duplicate each either empty enable enabled end endpoint entry " +
        "error exceeds exist existing exists exit expected failed field file firewall for forbidden form format found free from full " +
        "gateway general got group guest has have host hostname hotplug id if image in include index init input inside instead " +
        "integer interface internal invalid ip ipset ipv4 ipv6 is isn it item its kea key large larger least length less like limit line " +
        "list locked lock long lower mac macro match max maximum may member memory message method min minimum missing mode model " +
        "more most multiple must name need needs net network no node none not number object of off offset on one only open operation " +
        "option options or order other out outside overlaps own page parameter parent parse password path pending permission pool pools port " +
        "ports position possible privilege problem property protection protocol provide quorum range read record records reference " +
        "referenced refused release remove removed renamed request required reservation resource result root rule rules running same save " +
        "saved schema security select selected server service set should size small smaller socket source start started state status stop " +
        "stopped storage string subnet support supported syntax sysfs system tag target task template text than that the their there " +
        "this time timeout to token too type unable unbound undefined unexpected unique unknown unsupported unused update use used " +
        "user using valid validation value values verification version vcpus virtual vlan vm volume was while width with within without " +
        "word write wrong yes you zone"
    ).split(" "),
);
