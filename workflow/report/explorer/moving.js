// Moving through time: playing, stepping, and the address that keeps the moment.

function go(x) {
  state.x = Math.min(Math.max(x, pair.range[0]), pair.range[1]);
  show();
  if (!state.playing) remember();
}

/** Move by seconds of the first agent; beyond the end the walk begins anew. */
function advance(seconds) {
  const [low, high] = playedRange();
  const x = axisOf(pair.a, timeOf(pair.a, state.x, state.align) + seconds, state.align);
  state.x = x > high || x < low ? low : x;
  show();
}

/** Return the part of the axis that is played: the selected stride, or all. */
function playedRange() {
  if (!state.stride) return pair.range;
  const agent = pair[state.stride.who];
  const begun = state.stride.stride.start - agent.start;
  const ends = [begun, begun + state.stride.stride.seconds].map((time) => axisOf(agent, time, state.align));
  return [Math.max(ends[0], pair.range[0]), Math.min(ends[1], pair.range[1])];
}

let last = 0;
function tick(now) {
  if (!state.playing) return;
  advance((state.speed * Math.min(now - last, 100)) / 1000);
  last = now;
  explorer.frames++;
  requestAnimationFrame(tick);
}

function play(playing) {
  state.playing = playing;
  $("play").textContent = playing ? "❚❚ Pause" : "▶ Play";
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  if (!playing) {
    if (pair) remember();
    return;
  }
  last = performance.now();
  requestAnimationFrame(tick);
}

function step(direction, stride) {
  play(false);
  if (!stride || !pair.a.knots) {
    go(axisOf(pair.a, timeOf(pair.a, state.x, state.align) + direction / pair.a.rate, state.align));
    return;
  }
  const phase =
    along(pair.a.knots.times, pair.a.knots.phases, timeOf(pair.a, state.x, state.align)) + direction;
  go(axisOf(pair.a, along(pair.a.knots.phases, pair.a.knots.times, phase), state.align));
}

/** Keep the choice and the moment in the address, so that it can be sent. */
function remember() {
  const words = {
    a: state.keys.a,
    b: state.keys.b,
    align: state.align,
    x: state.x.toFixed(3),
    layer: state.layer,
  };
  history.replaceState(null, "", `#${new URLSearchParams(words)}`);
}
