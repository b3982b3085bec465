# %% [markdown]
# # 00 · Start here. Why ask a network for its reasons?
# **You will** ask a network for its reasons, three key presses from here · see it wrong for a good reason, and right for a bad one · learn how an exercise works · place five methods on a map of fifteen
#
# **Needs** a little Python and NumPy · **Reading** 30 min · **Computing** 25 s
#
# ![A coffee cup, its heat map, and the map laid over the photo: bright on the coffee, inside the rim.](../solutions/why-espresso.png)
#
# A network was shown the photo on the left and answered *espresso*, at 94 %. The map in the middle says where it found that. Make it
# yourself: Shift + Enter runs a cell and moves on to the one below. Press it three times.

# %% tags=["parameters"]
PHOTO = "coffee"

# %%
from course import ready

ready()

import numpy as np

from xailab import cam, plot
from course import check
from xailab.data import photos
from xailab.models import efficientnet_lite0

classifier, photo = efficientnet_lite0(), photos()[PHOTO]
heatmap = cam.grad_cam(classifier, photo[None])[0]
name, probability = classifier.top(photo, k=1)[0]
plot.overlay(photo, heatmap, title=f"Why {name}, at {probability:.0%}?")

# %% [markdown]
# ## The question
#
# A network was shown a photograph of a coffee mug and answered: *buckle*. The heat map of its answer lay on a wristwatch that
# happened to lie beside the mug. It had found something with a strap and answered for that. The network was not blind; it had
# answered another question than the one it was asked.
#
# Another network called salads *pizza*. The heat maps lay on a curved edge. That was a hypothesis: *it takes anything with a round
# rim for pizza*. A hypothesis can be tested, on other pictures with and without such an edge, and the network repaired, by
# adding pictures that teach it otherwise.
#
# Both stories go the same way, and so does this course:
#
# > look at a picture → ask the network why → **check whether the answer is true** → repair the data or the model
#
# Who asks matters, too. An explanation that helps one reader may be useless to the next:
#
# | reader | asks | is helped by |
# |---|---|---|
# | data scientist | Where is the bug: in the data, in the labels, in the model? | heat maps of wrong answers, layer by layer |
# | manager | May I put this to use? When will it fail? | a few telling cases, a failure rate, a known limit |
# | regulator | Is the decision fair, and can it be contested? | the reasons for *this* case, and a record that they were tested |

# %% [markdown] tags=["teaching"]
# **Begin with the mug**, before any definition: show a photo with a mug and a watch, say "the network answers: buckle", and let
# the class guess why. Somebody finds the watch. Then ask: *how could we make sure?* (Cover the watch. Lesson 05 does.)
#
# **Ask:** a heat map convinces your manager. Does it convince you? What would you test first?

# %% [markdown]
# ## Back to the coffee
#
# The network above, EfficientNet-Lite0, knows 1,000 kinds of things. It might have recognised the saucer, or the café's wooden
# table. But bright is where the evidence for *espresso* was found: on this photo, on the coffee, inside the rim.
# <!-- tried: tests/lessons/test_lesson_00.py::test_the_coffee_is_an_espresso_at_94_percent_seen_inside_the_rim | the highest pixel; the inside covered with seven fills | inside; espresso falls with 7 of 7, by .2 to 2.6 | as large a box below covered: -.1 to .5 | 7 fills, one photo -->
# That looks like a right answer for a good reason. By lesson 04 you will have written those lines yourself, from nothing but
# array arithmetic, and you will know when not to believe them.
#
# ## And when it is wrong?

# %%
astronaut = photos()["astronaut"]
names, probabilities = zip(*classifier.top(astronaut, k=5))
plot.bars(
    names,
    probabilities,
    title="What the network makes of an astronaut",
    xlabel="probability",
)

# %% [markdown]
# A bobsled? A football helmet? Before you laugh: none of the 1,000 names is *astronaut*.
# <!-- tried: tests/lessons/test_lesson_00.py::test_no_class_is_an_astronaut | all names | 0 of 1000 | *espresso* and *helmet* are in two names each | 1,000 names -->
# A classifier shares 100 % out among the
# names it has. If the right one is missing, the others get all of it,
#
# $$p_c = \frac{e^{S_c}}{\sum_d e^{S_d}} \qquad\text{so that}\qquad \sum_c p_c = 1,$$
#
# where $S_c$ is the network's raw score of class $c$, its **logit**. So let us ask about the second answer. Where does it see a
# football helmet?

# %%
helmet = classifier.labels.index("football helmet")
heatmap = cam.grad_cam(classifier, astronaut[None], helmet)[0]
plot.overlay(astronaut, heatmap, title="Why football helmet?")

# %% [markdown]
# There *is* a helmet in the picture, beside her, and on this photo that is where the map is brightest. If the map is right, this is
# the story of the mug and the watch again: a wrong answer for a good reason. How could you make sure? Cover it, and ask again.
# Painted over, in whatever colour, the helmet takes more than 2 off the score of *football helmet*.
# <!-- tried: tests/lessons/test_lesson_00.py::test_without_her_helmet_it_is_no_football_helmet | seven fills | 7 of 7, by 2.7 to 3.7 | as large a box at the other side: -.7 to .9 | 7 fills, one photo -->
# Lesson 05 does such experiments all over a picture.
#
# Notice what the question was: not "what do you
# see?", but "what speaks for **this class**?" Every class has its own map.
#
# ## And when it is right?
#
# The worst case is the one that nobody looks at. Here a small network learns to inspect drawn steel beams, *sound* or *cracked*. In
# the plant that its pictures come from, somebody drew the arrow that marks the load onto the cracked beams only.

# %%
from course.lessons.lesson_00.clever_hans import (
    from_elsewhere,
    from_that_plant,
    inspector,
)

hans = inspector()
plant, elsewhere = from_that_plant(200, seed=100), from_elsewhere(200, seed=101)
for where, tested in {"from that plant": plant, "from elsewhere": elsewhere}.items():
    right = (hans(tested.photos).argmax(axis=1) == tested.cracked).mean()
    print(f"{right:.0%} right on {len(tested.photos)} new beams {where}")

# %%
beam = plant.photos[plant.cracked == 1][0]
heatmap = cam.cam(hans, beam[None], 1)[0]
plot.overlay(beam, heatmap, title="Why cracked?")

# %% [markdown]
# It is right on more than 95 % of new beams from that plant, and on about half of those from elsewhere: a coin toss.
# <!-- tried: tests/lessons/test_lesson_00.py::test_hans_is_right_on_the_beams_of_his_plant | share right, networks from other seeds | 98 to 100 % | beams from elsewhere: 47 to 56 % | 10 networks, 100 beams each -->
# The map gives it away. It is highest on the *arrow*, not on the crack.
# <!-- tried: tests/lessons/test_lesson_00.py::test_the_map_of_hans_is_highest_on_the_arrow | highest pixel at most 3 pixels from the arrow | over 95 % of the cracked beams | within 3 pixels of the crack: below 10 % | 4 networks, about 100 beams each -->
# Such a network is called a *Clever Hans*, after the horse that did sums by watching its owner's face: right, for a bad reason. No
# test on pictures from that plant would ever have found it. Lesson 11 catches more of them.
#
# ## The idea
#
# A classifier is a function: a photo goes in, and a score for each class comes out. A heat map is a
# function as well: a photo and a class go in, and one number per pixel comes out.
#
# $$f : \text{photo} \mapsto (S_1, \dots, S_K) \qquad\qquad h : (\text{photo}, c) \mapsto \text{map of } H \times W$$
#
# Since all maps have the same form, we can draw them, compare them, and measure whether they are true. (Not every explanation is a
# map. Some are a table of coefficients, or a curve: lessons 09 and 10.)
#
# ## What you write: how an exercise works
#
# An exercise is a cell with three dots in it. Replace them, run the cell, and read what comes back.
#
# - **Untried or wrong?** You get a hint. Run the cell again for a second one, and a third. Known mistakes are named.
# - **Stuck?** Go on. `check` hands back a right answer, so that everything below works. *Run All* always reaches the end.
# - **Right?** It says so, and what follows from it. Your own code is used from there on.
#
# Here is the first. A photo of 224 x 224 pixels, in colour: how many numbers does the network get to see?

# %% tags=["exercise"] id="00.1" minutes=2 difficulty=1
numbers = 224 * 224 * 3

numbers = check("00.1", numbers)

# %%
# NBVAL_CHECK_OUTPUT
print(photo.shape, photo.size == numbers)

# %% [markdown]
# ## Read the scores
#
# You saw `classifier.top`. Write it yourself: from the probabilities and the names of the classes, the `k` most probable names,
# the most probable one first. `np.argsort` will be useful.


# %% tags=["exercise"] id="00.2" minutes=5 difficulty=1
def top_classes(probabilities, labels, k):
    """The k most probable classes, the most probable one first.
    (K,), K names, number -> list of k names"""
    order = np.argsort(probabilities)[::-1]
    return [labels[index] for index in order[:k]]


top_classes = check("00.2", top_classes)

# %%
probabilities = classifier(photo[None])[0]
top_classes(probabilities, classifier.labels, 5)

# %% [markdown]
# ## The map
#
# There are dozens of methods. Three questions put each of them in its place.
#
# 1. **Complexity.** Is the model simple enough to explain itself (*intrinsic*), or is it explained afterwards (*post-hoc*)?
# 2. **Scope.** Is it about one prediction (*local*), or about the model as a whole (*global*)?
# 3. **Dependency.** Must the method look inside this kind of model (*specific*), or will any function do (*agnostic*)?
#
# Try five of them. What they do, in a sentence each:
#
# - `"regression"`: read a linear model off its coefficients. Each says what one unit more of its input adds, for every case.
# - `"CAM"`: add up a network's last feature maps, weighted by a class's weights, to see where in *this* photo the class was found.
# - `"occlusion"`: cover a part of *this* photo with grey, ask for the score again, and see how far it falls.
# - `"PDP"`, partial dependence: vary one input, for all cases at once, and draw the mean prediction.
# - `"ICE"`, individual conditional expectation: vary one input of one case, and draw its prediction.
#
# Answer with a dictionary of this form:
#
#     methods = {
#         "regression": ("intrinsic" or "post-hoc", "local" or "global", "specific" or "agnostic"),
#         "CAM": ...
#     }

# %% tags=["exercise"] id="00.3" minutes=6 difficulty=2
methods = {
    "regression": ("intrinsic", "global", "specific"),
    "CAM": ("post-hoc", "local", "specific"),
    "occlusion": ("post-hoc", "local", "agnostic"),
    "PDP": ("post-hoc", "global", "agnostic"),
    "ICE": ("post-hoc", "local", "agnostic"),
}

methods = check("00.3", methods)

# %% [markdown]
# And here is the whole map, fifteen methods on it:
#
# | | **local**: why this answer? | **global**: how does the model work? |
# |---|---|---|
# | **intrinsic**, so specific | | regression with its coefficient table · tree models |
# | **post-hoc, specific** | layer activations · CAM · Grad-CAM | predictor importance · activation correlation · t-SNE |
# | **post-hoc, agnostic** | occlusion sensitivity · LIME · Shapley values · ICE | partial dependence (PDP) · accumulated local effects (ALE) · MRMR |
#
# The borders are not fences. A tree is a global picture, and the path of one case through it is a local one. Shapley values
# explain one case; their means over many cases describe the model. CAM reads a map that was in the network all the time (lesson 03), so
# one may call it intrinsic; here it is post-hoc, since nobody built these networks to be read. And MRMR stands in the last cell only
# for want of a better one: it ranks the inputs before there is any model.
#
# One slide that this course builds on calls occlusion model-specific. We disagree. It is mostly used with image networks, but it
# asks a model for nothing but its scores: a support vector machine, or a model behind a web page, can be asked the same way.
#
# The course walks through this table. Lessons 01 and 02 bring the arithmetic, lesson 03 CAM and lesson 04 Grad-CAM. Occlusion is
# lesson 05, LIME lesson 06. Lesson 07 moves a network to the first row, and lesson 08 puts maps to use. Lessons 09 and
# 10 have the rest, with the whole column on the right: tables, and a network as a whole. Lesson 11 asks of all of them: is it true?

# %% [markdown] tags=["teaching"]
# **Ask:** why is the cell *intrinsic, local* empty? (A decision path belongs there, or one term of a linear model for one case.
# Let the class fill it.)
#
# **Common confusion:** *agnostic* is not *better*. An agnostic method pays for its freedom with hundreds of calls of the model;
# Grad-CAM needs one pass forward and one back.
#
# **Where does CAM belong?** It is worth arguing: it explains afterwards, but its map was in the network all the time.

# %% [markdown]
# ## What can go wrong
#
# - **A map explains the model, not the world.** The bright helmet does not say that there is a football helmet. It says what
#   the network took for one.
# - **A convincing map is not a true one.** We like maps that lie on the object. A method that simply drew edges would please us
#   as well. So maps are tried, from lesson 03 on: against a sum, a covered part, a picture where the story ought to be false.
# - **One picture is an anecdote.** The people with the salads had a hypothesis after one map. Only many pictures can test it.
#
# ## Around the lessons
#
# - Cells marked as parameters can be changed: set `PHOTO = "cat"` at the top and run all cells again. From a terminal,
#   `xailab run 00 -p PHOTO=cat` does the same (in this course's environment: `.venv/bin/xailab`).
# - The solved lessons, with all figures, are in the folder `solutions`. Try first; hints cost nothing.
# - Did something break? *Kernel → Restart Kernel and Run All Cells* starts afresh. `xailab check` in a terminal tells what this
#   machine lacks.
#
# ## Summary
#
# - Networks can be wrong for good reasons and right for bad ones. Accuracy does not separate the two; explanations can.
# - An explanation belongs to a class: it says what speaks for *that* answer.
# - Complexity, scope, dependency: three questions that place any method.
#
# **Next**, lesson 01: what is one of those numbers that a network adds up?
#
# **To read on:** Doshi-Velez and Kim (2017), *Towards a rigorous science of interpretable machine learning*. Lipton (2018), *The
# mythos of model interpretability*. Molnar (2022), *Interpretable machine learning*, second edition.
