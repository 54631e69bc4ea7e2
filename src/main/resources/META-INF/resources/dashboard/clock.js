/** Runs periodic tasks by one timer, and only while the page is visible. */
const tasks = new Set();
let timer;

/** Runs a task now if the page is visible, and at this interval. */
export function every(seconds, run) {
  const task = { pause: seconds * 1000 - 50, due: 0, run };
  tasks.add(task);
  if (timer !== undefined) beat();
  return task;
}

/** Schedules a task for the next beat. */
export function soon(task) {
  task.due = 0;
}

function beat() {
  const now = Date.now();
  for (const task of tasks) {
    // a clock that was set back must not delay the task
    if (now >= task.due || task.due - now > task.pause + 1000) {
      task.due = now + task.pause;
      task.run(now);
    }
  }
}

function watch() {
  clearInterval(timer);
  timer = undefined;
  if (!document.hidden) {
    timer = setInterval(beat, 1000);
    beat();
  }
}

export function start() {
  document.addEventListener('visibilitychange', watch);
  watch();
}

/** Debounces calls: runs when there was no further call for the given milliseconds, at the latest after twice that. */
export function settle(wait, run) {
  let pending, first;
  return (...given) => {
    clearTimeout(pending);
    first ??= Date.now();
    pending = setTimeout(() => { first = undefined; run(...given); }, Math.max(0, Math.min(wait, first + 2 * wait - Date.now())));
  };
}
