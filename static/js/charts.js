// Draws the figures that the server built. A figure names colours ("--chart-line"); the page's theme gives them.
// Without this file, or without plotly, the table under each chart has the same numbers.

const source = document.querySelector("script[data-plotly]")?.dataset.plotly;
const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

function coloured(value, styles) {
  if (typeof value === "string" && value.startsWith("--")) return styles.getPropertyValue(value).trim();
  if (Array.isArray(value)) return value.map((one) => coloured(one, styles));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one, styles)]));
  }
  return value;
}

let loading = null;
function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  const tag = document.querySelector('script[src*="plotly"]');
  loading ??= new Promise((resolve, reject) => {
    const script = tag ?? document.createElement("script");
    script.addEventListener("load", () => resolve(window.Plotly), { once: true });
    script.addEventListener("error", reject, { once: true });
    if (!tag) {
      script.src = source;
      document.head.append(script);
    }
  });
  return loading;
}

async function draw() {
  const places = [...document.querySelectorAll("[data-figure]")];
  if (!places.length) return;
  const Plotly = await plotly();
  const styles = getComputedStyle(document.documentElement);
  for (const place of places) {
    const json = document.getElementById(place.dataset.figure);
    if (!json || !place.isConnected) continue;
    const figure = coloured(JSON.parse(json.textContent), styles);
    // On a phone dates need more room than there is between as many ticks.
    if (place.clientWidth < 480) figure.layout.xaxis.nticks = 4;
    figure.layout.font = { family: getComputedStyle(document.body).fontFamily, ...figure.layout.font };
    Plotly.react(place, figure.data, figure.layout, config);
  }
}

draw();
document.addEventListener("plumbline:theme", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("htmx:after:swap", draw);
