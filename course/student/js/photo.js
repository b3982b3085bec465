// A button that takes a photograph from the reader's machine. What is too large for the line to the kernel is not sent.
function render({ model, el }) {
  const LARGEST = 6e6;
  const label = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  name.textContent = model.get("label");
  input.type = "file";
  label.append(name, input);
  el.classList.add("xailab-slider");
  el.append(label);
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file) return;
    const fits = file.size <= LARGEST;
    const bytes = fits ? new Uint8Array(await file.arrayBuffer()) : [];
    let letters = "";
    for (let start = 0; start < bytes.length; start += 8192)
      letters += String.fromCharCode(...bytes.subarray(start, start + 8192));
    model.set("name", file.name);
    model.set("size", file.size);
    model.set("value", btoa(letters));
    model.set("count", model.get("count") + 1);
    model.save_changes();
    input.value = "";
  });
}
export default { render };
