// Each element enhances what the server has rendered; connectedCallback starts it, disconnectedCallback ends it.
import "./el/theme.js";
import "./el/times.js";
import "./el/copy.js";
import "./el/connection.js";
import "./el/score.js";
import "./el/timeline.js";
import "./el/tabs.js";
import "./el/raw.js";
import "./el/replay.js";
import "./el/task.js";
import "./el/tasks.js";
import "./el/compare.js";
import "./el/composer.js";
import "./el/preview.js";
import "./el/keys.js";
import "./el/palette.js";
