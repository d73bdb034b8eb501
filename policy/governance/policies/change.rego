# METADATA
# scope: package
# title: When a change is judged
# description: Before its effect, and as soon as its validation ended, so that nobody is asked to approve what the gate would refuse.
package gatehouse.change

is_judged if input.hook == "before_effect"

is_judged if is_object(input.validation)
