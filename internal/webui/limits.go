package webui

// What a page shows of things that can be large. Whatever is left out is said on the page, with a download
// that has all of it.
const (
	maxReport    = 1 << 20   // bytes of Markdown that are rendered
	maxInline    = 512 << 10 // bytes of JSON that are printed
	maxSnippet   = 64 << 10  // bytes of a request that is written as programs; each language repeats it
	maxTableRows = 2_000     // rows of all of a result's tables together
	maxCell      = 20_000    // characters of one value in a table
	maxDepth     = 12        // levels of nesting that are drawn; deeper values are printed as JSON

	timelineRows = 500     // events on one page of a timeline
	eventBytes   = 2 << 20 // bytes of events that are read from the store at a time
	maxEventText = 2_000   // characters of one event
	replayRows   = 100     // rows of a timeline in a frame of a replay
	maxRecording = 200_000 // events of a task that can be replayed
	rawRows      = 100     // events on a page of raw events
	maxRaw       = 8_000   // bytes of one of them
	maxSources   = 400     // addresses in the list of sources
	maxExcerpts  = 20      // excerpts of one citation
	maxCitations = 100     // citations of one field

	maxForm     = 4 << 20 // bytes of a submitted form
	homeTasks   = 20      // tasks on the first page
	tasksOnPage = 50      // tasks on a page of the list
	linksOnPage = 50      // links on a page of them
)
