// Drawing: what all panels share. No function that draws changes what is chosen.

const INK = {
  a: "#1a1a1a",
  b: "#d55e00",
  soft: "#5b6470",
  line: "#d8dbe0",
  chosen: "#0072b2",
  fall: "#b00020",
};
const TINT = { a: "#9aa1aa", b: "#f0b27f" };
const GUTTER = 52;
const MARGIN = 10;
// Anchors of the colour map cividis, which people with any colour vision can read.
const CIVIDIS = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];
const HEAT = Array.from({ length: 256 }, (_, level) => {
  const at = (level / 255) * (CIVIDIS.length - 1);
  const left = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[left].map((part, c) => Math.round(part + (at - left) * (CIVIDIS[left + 1][c] - part)));
});

/** Return an empty canvas' context, in CSS pixels, at the resolution of the screen. */
function cleared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = "11px system-ui, sans-serif";
  g.lineJoin = g.lineCap = "round";
  return { g, width, height };
}

function message(canvas, text) {
  const { g, width, height } = cleared(canvas);
  g.fillStyle = INK.soft;
  g.textAlign = "center";
  const words = text.split(" ");
  const lines = [""];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (g.measureText(longer).width > width - 24) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  lines.forEach((line, i) => {
    g.fillText(line, width / 2, height / 2 + 15 * (i - (lines.length - 1) / 2));
  });
}

/** Return round numbers between two ends, about `count` of them. */
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
    found.push(Number((k * step).toPrecision(6)));
  return found;
}

const plotX = (width, range, x) =>
  GUTTER + ((x - range[0]) / (range[1] - range[0] || 1)) * (width - GUTTER - MARGIN);
const xOfPlot = (width, range, pixel) =>
  range[0] + ((pixel - GUTTER) / (width - GUTTER - MARGIN)) * (range[1] - range[0]);
