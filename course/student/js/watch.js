// Stands among the widgets of a figure: keeps Jupyter's own use of keys from them, and says when their kernel has ended.
function render({ model, el }) {
  const said = document.createElement("div");
  said.setAttribute("role", "alert");
  el.classList.add("xailab-watch");
  el.append(said);
  const tell = () => {
    said.textContent = el.closest(".jupyter-widgets-disconnected") ? model.get("ended") : "";
  };
  model.on("comm_live_update", () => setTimeout(tell)); // once the widgets around have been told, too
  let waiting;
  const settle = () => {
    const figure = el.closest(".xailab-standing");
    if (!figure) {
      waiting = requestAnimationFrame(settle);
      return;
    }
    figure.setAttribute("data-lm-suppress-shortcuts", "true");
    figure.addEventListener("keydown", (event) => event.stopPropagation());
    tell(); // a saved notebook that is opened again has the figure as it was, and no kernel behind it
  };
  settle();
  return () => cancelAnimationFrame(waiting);
}
export default { render };
