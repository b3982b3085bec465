// A board of 28 x 28 cells to draw a digit on, with the pointer, or with the arrow keys and the space bar.
function render({ model, el }) {
  const CELLS = 28;
  const ZOOM = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELLS * ZOOM;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", model.get("label"));
  const clear = document.createElement("button");
  clear.textContent = "Clear";
  el.classList.add("xailab-pad");
  el.append(canvas, clear);
  const pen = canvas.getContext("2d");
  const ink = new Uint8Array(CELLS * CELLS);
  const hand = { x: 14, y: 14, seen: false };
  const show = () => {
    for (let cell = 0; cell < ink.length; cell++) {
      pen.fillStyle = `rgb(${ink[cell]}, ${ink[cell]}, ${ink[cell]})`;
      pen.fillRect((cell % CELLS) * ZOOM, Math.floor(cell / CELLS) * ZOOM, ZOOM, ZOOM);
    }
    if (hand.seen) {
      pen.strokeStyle = "#ffb000";
      pen.strokeRect(Math.floor(hand.x) * ZOOM + 0.5, Math.floor(hand.y) * ZOOM + 0.5, ZOOM - 1, ZOOM - 1);
    }
  };
  const load = () => {
    const given = model.get("value");
    for (let cell = 0; cell < ink.length; cell++) ink[cell] = parseInt(given.slice(2 * cell, 2 * cell + 2), 16);
    show();
  };
  const send = () => {
    model.set("value", Array.from(ink, (dark) => dark.toString(16).padStart(2, "0")).join(""));
    model.save_changes();
    show();
  };
  const dot = (x, y) => {
    for (let row = 0; row < CELLS; row++)
      for (let column = 0; column < CELLS; column++) {
        const away = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const dark = Math.round(255 * Math.min(1, Math.max(0, 1.9 - away)));
        ink[row * CELLS + column] = Math.max(ink[row * CELLS + column], dark);
      }
  };
  let last = null;
  const stroke = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * CELLS) / box.width;
    const y = ((event.clientY - box.top) * CELLS) / box.height;
    const from = last || [x, y];
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(x - from[0], y - from[1])));
    for (let step = 1; step <= steps; step++)
      dot(from[0] + ((x - from[0]) * step) / steps, from[1] + ((y - from[1]) * step) / steps);
    last = [x, y];
    send();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = null;
    hand.seen = false;
    stroke(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) stroke(event);
  });
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    hand.seen = true;
    if (event.key === " ") {
      dot(hand.x + 0.5, hand.y + 0.5);
      send();
      return;
    }
    hand.x = Math.min(CELLS - 1, Math.max(0, hand.x + step[0]));
    hand.y = Math.min(CELLS - 1, Math.max(0, hand.y + step[1]));
    if (event.shiftKey) {
      dot(hand.x + 0.5, hand.y + 0.5);
      send();
    } else show();
  });
  clear.addEventListener("click", () => {
    ink.fill(0);
    send();
  });
  model.on("change:value", load);
  load();
}
export default { render };
