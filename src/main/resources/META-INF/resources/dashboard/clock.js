/** Does what is done again and again, by one timer, and only while somebody can see the page. */
const tasks = new Set();
let timer;

/** Runs it now, if the page is seen, and every so many seconds. */
export function every(seconds, run) {
  const task = { pause: seconds * 1000 - 50, due: 0, run };
  tasks.add(task);
  if (timer !== undefined) beat();
  return task;
}

/** Has a task run at the next beat. */
export function soon(task) {
  task.due = 0;
}

function beat() {
  const now = Date.now();
  for (const task of tasks) {
    // a clock that was set back must not stop it
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

/** Runs it when there has been no further call for so long, or at the latest after twice that. */
export function settle(wait, run) {
  let pending, first;
  return (...given) => {
    clearTimeout(pending);
    first ??= Date.now();
    pending = setTimeout(() => { first = undefined; run(...given); }, Math.max(0, Math.min(wait, first + 2 * wait - Date.now())));
  };
}
