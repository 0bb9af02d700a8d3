"use strict";
const tools = document.getElementById("neuron-tools");
if (tools) {
  const box = document.getElementById("neuron-search");
  const count = document.getElementById("neuron-count");
  const cards = Array.from(document.querySelectorAll("#neuron-list > li"));
  tools.hidden = false;
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const card of cards) {
      card.hidden = !words.every((word) => card.dataset.words.includes(word));
      visible += card.hidden ? 0 : 1;
    }
    count.textContent = words.length ? `${visible} of ${cards.length} neurons` : `${cards.length} neurons`;
  });
}
