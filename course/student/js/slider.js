// A labelled slider of the browser's own: arrow keys, screen readers and touch work without more.
function render({ model, el }) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const output = document.createElement("output");
  name.textContent = model.get("label");
  input.type = "range";
  label.append(name, input);
  el.classList.add("xailab-slider");
  el.append(label, output);
  const names = () => model.get("options");
  const show = () => {
    input.min = 0;
    input.max = names().length - 1;
    input.value = model.get("index");
    output.textContent = names()[model.get("index")];
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    model.set("index", Number(input.value));
    model.save_changes();
    show();
  });
  model.on("change:index", show);
  show();
}
export default { render };
