// A question and its choices: the one that is confirmed with the button goes to the kernel, what is passed on the way does not.
function render({ model, el }) {
  const form = document.createElement("form");
  const group = document.createElement("fieldset");
  const asked = document.createElement("legend");
  const button = document.createElement("button");
  const said = document.createElement("div");
  asked.textContent = model.get("asks");
  button.textContent = "Check";
  said.setAttribute("role", "status");
  const inputs = model.get("choices").map((says) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const text = document.createElement("span");
    input.type = "radio";
    input.name = "choice"; // of this form alone
    input.value = says;
    text.textContent = says;
    label.append(input, text);
    group.append(label);
    return input;
  });
  group.prepend(asked);
  form.append(group, button, said);
  el.classList.add("xailab-question");
  el.append(form);
  const chosen = () => inputs.find((input) => input.checked)?.value;
  const show = () => {
    button.disabled = !chosen();
    said.innerHTML = model.get("why")[chosen()] ?? "";
  };
  group.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    model.set("confirmed", chosen());
    model.save_changes();
  });
  model.on("change:why", show);
  for (const input of inputs) input.checked = input.value === model.get("confirmed");
  show();
}
export default { render };
