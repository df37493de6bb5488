-- Loaded into the stock tshark: which frames pass which filter. FLOWCONTAINER_FILTERS is a file with a filter a line;
-- FLOWCONTAINER_JUDGED is written: "number of the filter, number of the frame" a line. One run judges all filters.
local judged = io.open(os.getenv("FLOWCONTAINER_JUDGED"), "w")
local n = 0
for filter in io.lines(os.getenv("FLOWCONTAINER_FILTERS")) do
    local number = n
    local tap = Listener.new("frame", filter)
    function tap.packet(pinfo)
        judged:write(number, " ", pinfo.number, "\n")
    end
    n = n + 1
end
