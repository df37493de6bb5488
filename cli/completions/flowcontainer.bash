# bash completion for flowcontainer. Names of fields come from `flowcontainer fields'.

_flowcontainer_list() {
    # The last part of a comma-separated list: "tcp,u" completes to "tcp,udp".
    local before=""
    [[ $cur == *,* ]] && before="${cur%,*},"
    COMPREPLY=($(compgen -P "$before" -W "$1" -- "${cur##*,}"))
    compopt -o nospace
}

_flowcontainer() {
    local before cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}"
    COMPREPLY=()
    # --option=value arrives as three words.
    if [[ $cur == "=" ]]; then
        cur=""
    elif [[ $prev == "=" ]]; then
        prev="${COMP_WORDS[COMP_CWORD - 2]}"
    fi
    case $prev in
    -T | --format) COMPREPLY=($(compgen -W "table ndjson json csv" -- "$cur")); return ;;
    --level) COMPREPLY=($(compgen -W "flows packets frames" -- "$cur")); return ;;
    --close) COMPREPLY=($(compgen -W "never fin" -- "$cur")); return ;;
    --policy) COMPREPLY=($(compgen -W "stream timeout" -- "$cur")); return ;;
    --engine) COMPREPLY=($(compgen -W "auto native wireshark" -- "$cur")); return ;;
    --wireshark) COMPREPLY=($(compgen -W "4.0 4.2 4.4 4.6" -- "$cur")); return ;;
    --passes) COMPREPLY=($(compgen -W "1 2 2R auto" -- "$cur")); return ;;
    --tunnel) COMPREPLY=($(compgen -W "inner outer" -- "$cur")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
    --drop) _flowcontainer_list "default none retransmission out_of_order mdns ssdp icmp"; return ;;
    --protocols) _flowcontainer_list "tcp udp sctp icmp icmpv6 gre esp"; return ;;
    --values)
        COMPREPLY=($(compgen -W "packets list first set" -- "$cur"))
        return ;;
    --features) _flowcontainer_list "basic stats entropy cic-classic cic-corrected nfstream nprint zeek-conn netflow"; return ;;
    --faults) COMPREPLY=($(compgen -W "as-published corrected" -- "$cur")); return ;;
    --names) COMPREPLY=($(compgen -W "cic-ids2017 cse-cic-ids2018 hieulw" -- "$cur")); return ;;
    --accounting-mode) COMPREPLY=($(compgen -W "0 1 2 3" -- "$cur")); return ;;
    --netflow-version) COMPREPLY=($(compgen -W "2 3" -- "$cur")); return ;;
    --bytes)
        COMPREPLY=($(compgen -W "header=ip:5x80 payload=payload:5x240" -- "$cur"))
        compopt -o nospace
        return ;;
    mask) # --bytes NAME=START:NxL:mask=...: the shell parts words at = and :
        before=""
        [[ $cur == *+* ]] && before="${cur%+*}+"
        COMPREPLY=($(compgen -P "$before" -W "addresses ports checksums ip_id sequence acknowledgement timestamps" -- "${cur##*+}"))
        compopt -o nospace
        return ;;
    --limit)
        COMPREPLY=($(compgen -W "sequences all" -- "$cur"))
        return ;;
    -e | --field)
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" fields -T csv "$cur*" 2>/dev/null | tail -n +2 | cut -d, -f1)" -- "$cur"))
        return ;;
    -i | --interface)
        COMPREPLY=($(compgen -W "any $("${COMP_WORDS[0]}" -D 2>/dev/null | cut -d' ' -f2)" -- "$cur"))
        return ;;
    --autostop) COMPREPLY=($(compgen -W "duration: filesize: packets:" -- "$cur")); return ;;
    -f | --capture-filter | -s | --snapshot-length | -c | --count | -j | --jobs | -Y | --filter | --idle | --active | --max-flows | -C | --columns | --packets | --splt | --layers | --payload-bytes | --server-ports | --preference | -d | --decode-as | --max-memory | --rotate | --flush)
        return ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "-r --read -c --count -j --jobs --join -n -i --interface -f --capture-filter -s --snapshot-length -p --no-promiscuous-mode --autostop -D --list-interfaces -Y --filter --protocols --drop --policy --idle \
            --active --close --max-flows --tunnel --classic --engine --preference -d --decode-as --enable-protocol --disable-protocol --enable-heuristic --disable-heuristic --keylog --wireshark --passes --max-memory --exact -T --format \
            -e --field -C --columns --values --packets --payload-only --limit --features --bytes --native --json --level -o --output --rotate --flush --quote-formulas -a --all --color -q --quiet \
            --faults --no-phantoms --names --accounting-mode --splt --layers --payload-bytes --ignore-checksums --server-ports --netflow-version --nulls --with-capture \
            --progress --no-progress -h --help -v --version" -- "$cur"))
        return
    fi
    COMPREPLY=($(compgen -f -- "$cur"))
    compopt -o filenames
    [[ $COMP_CWORD -eq 1 ]] && COMPREPLY+=($(compgen -W "fields columns features explain verify dataset split" -- "$cur"))
}

complete -F _flowcontainer flowcontainer
