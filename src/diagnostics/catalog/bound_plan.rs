//! Why a plan that was saved or reviewed is not carried out.

super::entries! {
    PLAN_FILE_DAMAGED, "plan-file-damaged", Error,
        "a saved plan cannot be read, or does not hold what its ids say",
        "A saved plan carries a planId and a reviewId, which are digests of its operations and their scope. A file in which these were cut, edited or merged, or that was written by a version with another schema, does not fit them any more: it is neither shown nor reported, and nothing of it is carried out. The ids do not cover titles, counts and verdicts, and do not tell who made the file: what runs is derived again from both systems in any case.",
        "Somebody removed an operation from plan.json in an editor before `accord apply plan.json`.",
        "Plan again with `accord plan --save FILE`. To leave operations out, narrow the plan with `--only`.";
    PLAN_OF_ANOTHER_CHECKOUT, "plan-of-another-checkout", Error,
        "a saved plan was made from other manifests than those that are checked out",
        "A plan is what some manifests cause. `accord apply FILE` compares the digest of the manifests and the places that each connection leads to with the checkout, before it contacts anything, and says which of them differs.",
        "The plan was saved on a branch, and the branch got another commit before it was merged.",
        "Check out the commit that the plan was made from (`inputs.gitCommit` of the file), or plan again and have that plan reviewed.";
    OPERATION_STALE, "operation-stale", Error,
        "an operation of a saved plan no longer holds",
        "Each operation of a saved plan is derived again from what both systems hold now. It is carried out only if it comes out with the same fields, values and precondition. If the item or its counterpart was edited, deleted, linked otherwise or came into conflict since, every operation of that pair is left out and told with the reason; all other ones run.",
        "A person renamed a work item between `accord plan --save` and `accord apply`.",
        "Look at the reason that stands beside the address, then plan again: the new plan has what is right for the item now.";
    NOT_THE_EXPECTED_PLAN, "not-the-expected-plan", Error,
        "the plan is another one than `--expect` names",
        "`accord apply --expect ID` plans afresh and goes on only if the plan has that planId or that reviewId. A planId stands for every operation with its values and preconditions, so any edit of an item changes it. A reviewId stands for the manifests, the places that they name and the changes of configuration, so people may go on working between review and merge.",
        "A workflow applies on merge with the reviewId of the pull request, and main got another change of the mapping meanwhile.",
        "Review the plan as it is now and give its id. `--reviewed FILE` with the plan that was reviewed shows what came, went and changed.";
}
