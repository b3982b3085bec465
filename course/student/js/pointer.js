// A picture with a square on it that follows the pointer or the arrow keys.
function render({ model, el }) {
  const SIDE = 224;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", model.get("label"));
  el.classList.add("xailab-pad");
  el.append(canvas);
  const pen = canvas.getContext("2d");
  const picture = new Image();
  const draw = () => {
    pen.clearRect(0, 0, SIDE, SIDE);
    if (picture.complete && picture.naturalWidth) pen.drawImage(picture, 0, 0, SIDE, SIDE);
    const side = model.get("side");
    const [x, y] = model.get("value");
    pen.fillStyle = "rgb(128, 128, 128)";
    pen.fillRect(x - side / 2, y - side / 2, side, side);
    pen.strokeStyle = "white";
    pen.strokeRect(x - side / 2, y - side / 2, side, side);
  };
  const move = (x, y) => {
    const inside = (v) => Math.round(Math.min(SIDE, Math.max(0, v)));
    model.set("value", [inside(x), inside(y)]);
    model.save_changes();
    draw();
  };
  const follow = (event) => {
    const box = canvas.getBoundingClientRect();
    move(((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) follow(event);
  });
  const steps = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };
  canvas.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = model.get("value");
    move(x + step[0], y + step[1]);
  });
  const change = () => {
    picture.src = model.get("picture");
  };
  picture.onload = draw;
  model.on("change:picture", change);
  model.on("change:value", draw);
  model.on("change:side", draw);
  change();
  draw();
}
export default { render };
