# fish completion for flowcontainer. Names of fields come from `flowcontainer fields'.

function __flowcontainer_fields
    flowcontainer fields -T csv (commandline -ct)'*' 2>/dev/null | tail -n +2 | cut -d, -f1
end

complete -c flowcontainer -n __fish_is_first_arg -a fields -d 'List the fields that -e takes'
complete -c flowcontainer -n __fish_is_first_arg -a columns -d 'List the columns that -C takes'
complete -c flowcontainer -n __fish_is_first_arg -a features -d 'List the families that --features takes'
complete -c flowcontainer -n __fish_is_first_arg -a explain -d 'Print which engine would answer'
complete -c flowcontainer -n __fish_is_first_arg -a verify -d 'Compare with tshark on your captures'
complete -c flowcontainer -n __fish_is_first_arg -a dataset -d 'Labelled data sets from folders of captures'
complete -c flowcontainer -n __fish_is_first_arg -a split -d 'One pcap a flow, a capture or a label'
complete -c flowcontainer -s r -l read -r -d 'A capture'
complete -c flowcontainer -s c -l count -x -d 'Read at most N frames of each capture'
complete -c flowcontainer -s j -l jobs -x -d Threads
complete -c flowcontainer -s n -d 'Accepted; names are never resolved'
complete -c flowcontainer -s Y -l filter -x -d 'Only packets that match a display filter'
complete -c flowcontainer -l protocols -x -d 'Protocols that make flows' \
    -a "(__fish_append , tcp udp sctp icmp icmpv6 gre esp)"
complete -c flowcontainer -l drop -x -d 'Packets to leave out' \
    -a "(__fish_append , default none retransmission out_of_order mdns ssdp icmp)"
complete -c flowcontainer -l policy -x -a 'stream timeout' -d 'When a flow ends'
complete -c flowcontainer -l idle -x -d 'Pause that ends a flow'
complete -c flowcontainer -l active -x -d 'Maximum age of a flow'
complete -c flowcontainer -l engine -x -a 'auto native wireshark' -d 'Engine that answers'
complete -c flowcontainer -l preference -x -d 'A preference of Wireshark, NAME:VALUE'
complete -c flowcontainer -s d -l decode-as -x -d 'Dissect as another protocol'
complete -c flowcontainer -l keylog -r -d 'TLS secrets'
complete -c flowcontainer -l passes -x -a '1 2 auto' -d 'Dissect once or twice'
complete -c flowcontainer -l max-memory -x -d 'Memory of a process of the engine'
complete -c flowcontainer -l exact -d 'Dissect every frame'
complete -c flowcontainer -l native -d 'With fields: only those of the native engine'
complete -c flowcontainer -l json -d 'The same as -T ndjson'
complete -c flowcontainer -l tunnel -x -a 'inner outer' -d 'Header that decides the flow of a tunnelled packet'
complete -c flowcontainer -l classic -d 'Lengths and directions as the original flowcontainer'
complete -c flowcontainer -s T -l format -x -a 'table ndjson json csv' -d Format
complete -c flowcontainer -s e -l field -x -a '(__flowcontainer_fields)' -d 'Add a Wireshark field'
complete -c flowcontainer -s C -l columns -x -d 'Write these columns and fields'
complete -c flowcontainer -l values -x -a 'packets list first set' -d 'How values of fields stand'
complete -c flowcontainer -l packets -x -d 'Lists hold the first N packets'
complete -c flowcontainer -l features -x -a 'basic stats entropy cic-classic cic-corrected nfstream nprint zeek-conn netflow' -d 'Statistics behind the columns'
complete -c flowcontainer -l bytes -x -a 'header=ip:5x80 payload=payload:5x240' -d 'Bytes of the first packets, NAME=START:NxL:mask=WORD+WORD'
complete -c flowcontainer -l payload-only -d 'Lists hold packets with payload only'
complete -c flowcontainer -l limit -x -a 'sequences all' -d 'What the limits hold for'
complete -c flowcontainer -l faults -x -a 'as-published corrected' -d 'Faults of the program'
complete -c flowcontainer -l no-phantoms -d 'No flows of frames without IPv4'
complete -c flowcontainer -l names -x -a 'cic-ids2017 cse-cic-ids2018 hieulw' -d 'Columns of a published data set'
complete -c flowcontainer -l accounting-mode -x -a '0 1 2 3' -d 'Size of a packet in nfstream'
complete -c flowcontainer -l splt -x -d 'Lists of the first N packets'
complete -c flowcontainer -l layers -x -d 'Headers of nprint'
complete -c flowcontainer -l payload-bytes -x -d 'Payload of nprint'
complete -c flowcontainer -l ignore-checksums -d 'As the option -C of Zeek'
complete -c flowcontainer -l server-ports -x -d 'Likely ports of servers'
complete -c flowcontainer -l netflow-version -x -a '2 3' -d 'Columns of NF-*-v2 or v3'
complete -c flowcontainer -l nulls -d 'Null for undefined values'
complete -c flowcontainer -l with-capture -d 'Name of the capture in each row'
complete -c flowcontainer -l level -x -a 'flows packets frames' -d 'One row per flow, packet or frame'
complete -c flowcontainer -s o -l output -r -d 'Write a file'
complete -c flowcontainer -s a -l all -d 'Show all rows on a terminal'
complete -c flowcontainer -l quote-formulas -d 'CSV: quote cells that a spreadsheet would calculate'
complete -c flowcontainer -l color -x -a 'auto always never' -d Colour
complete -c flowcontainer -s q -l quiet -d 'No summary and no progress'
complete -c flowcontainer -l progress -d 'Show progress'
complete -c flowcontainer -l no-progress -d 'Show no progress'
complete -c flowcontainer -s h -l help -d 'Show help'
complete -c flowcontainer -s v -l version -d 'Show the version'
