# %% [markdown]
# # 00 · Start here. Why ask a network for its reasons?
# **You will** check your set-up · see a network be right, and wrong, and why · sort fifteen methods on one map · learn how an exercise works
#
# **Needs** a little Python and NumPy · **Reading** 25 min · **Computing** 15 s

# %% [markdown]
# ## Is everything here?
#
# Click into the next cell and press Shift + Enter. That runs it and moves on to the one below.

# %%
from course.student.machine import report

missing = [needed for needed, found, fine in report() if not fine]
print(
    f"Missing: {missing}. Type `make lab` again: it takes up where it stopped."
    if missing
    else "Everything is here."
)

# %% [markdown]
# ## The question
#
# A network was shown a photograph of a coffee mug and answered: *buckle*. The heat map of its answer lay on a wristwatch that
# happened to lie beside the mug. It had found something with a strap and answered for that. The network was not blind; it had
# answered another question than the one it was asked.
#
# Another network called salads *pizza*. The heat maps lay on a curved edge. That was a hypothesis: *whatever has a round rim, it
# takes for pizza*. A hypothesis can be tested, on other pictures with and without such an edge, and the network repaired, by
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
# ## A taste
#
# Here is a network that knows 1,000 kinds of things, EfficientNet-Lite0, and a photograph it has never seen.

# %% tags=["parameters"]
PHOTO = "coffee"

# %%
import numpy as np

from xailab import cam, plot
from course import check
from xailab.data import photos
from xailab.models import efficientnet_lite0

classifier = efficientnet_lite0()
photo = photos()[PHOTO]
for name, probability in classifier.top(photo, k=3):
    print(f"{probability:6.1%}  {name}")

# %% [markdown]
# It says *espresso*, at 94 %. Not bad: the picture shows a cup, and the network named what is in it. But did it look there? It
# might have recognised the saucer, or the café's wooden table. Three lines ask it:

# %%
heatmap = cam.grad_cam(classifier, photo[None])[0]
name, probability = classifier.top(photo, k=1)[0]
plot.overlay(photo, heatmap, title=f"Why {name}, at {probability:.0%}?")

# %% [markdown]
# Bright is where the evidence for *espresso* was found: on this photo, on the coffee, inside the rim.
# <!-- tried: tests/lessons/test_lesson_00.py::test_the_coffee_is_an_espresso_at_94_percent_seen_inside_the_rim | this photo | 1 of 1 | none yet | - -->
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
# <!-- tried: tests/lessons/test_lesson_00.py::test_no_class_is_an_astronaut_and_her_helmet_is_a_football_helmet | 1,000 names | 1000 of 1000 | none yet | - -->
# A classifier shares 100 % out among the
# names it has. If the right one is missing, the others get all of it,
#
# $$p_c = \frac{e^{s_c}}{\sum_{c'} e^{s_{c'}}} \qquad\text{so that}\qquad \sum_c p_c = 1,$$
#
# where $s_c$ is the network's raw score of class $c$, its **logit**. So let us ask about the second answer. Where does it see a
# football helmet?

# %%
helmet = classifier.labels.index("football helmet")
heatmap = cam.grad_cam(classifier, astronaut[None], helmet)[0]
plot.overlay(astronaut, heatmap, title="Why football helmet?")

# %% [markdown]
# There *is* a helmet in the picture, beside her, and on this photo that is where the map is brightest.
# <!-- tried: tests/lessons/test_lesson_00.py::test_no_class_is_an_astronaut_and_her_helmet_is_a_football_helmet | this photo | 1 of 1 | none yet | - -->
# If the map is right, this is the story of the mug and the watch again: a wrong answer for a good reason. How could you make
# sure? Cover it, and ask again: that is lesson 05.
#
# Notice what the question was: not "what do you
# see?", but "what speaks for **this class**?" Every class has its own map.
#
# ## The idea
#
# A classifier is a function: a photo goes in, and a score for each class comes out. An explanation, in this course, is a
# function as well: a photo and a class go in, and one number per pixel comes out.
#
# $$f : \text{photo} \mapsto (s_1, \dots, s_K) \qquad\qquad h : (\text{photo}, c) \mapsto \text{map of } H \times W$$
#
# Since all maps have the same form, we can draw them, compare them, and measure whether they are true.
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

# %% tags=["exercise"] id="00.1" minutes=1 difficulty=1
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
# explain one case; their means over many cases describe the model. t-SNE draws any table of numbers; it stands here because we
# feed it a layer's activations. MRMR ranks the inputs before there is a model at all: it cannot be more agnostic than that.
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
# **Where does CAM belong?** It is worth arguing: it explains afterwards, but works only for a network that was built for it.

# %% [markdown]
# ## What can go wrong
#
# - **A map explains the model, not the world.** The bright helmet does not say that there is a football helmet. It says what
#   the network took for one.
# - **A convincing map is not a true one.** We like maps that lie on the object. A method that simply drew edges would please us
#   as well. From lesson 03 on, every map is checked against something: a sum, a second method, a covered part.
# - **One picture is an anecdote.** The people with the salads had a hypothesis after one map. They knew after many.
#
# ## Around the lessons
#
# - Cells marked as parameters can be changed: set `PHOTO = "cat"` above and run all cells again. From a terminal,
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
