namespace Bellman.Language;

/// <content>The rows.</content>
public static partial class Taxonomy
{
    /// <summary>Every row of the survey's table, in its order.</summary>
    public static IReadOnlyList<TaxonomyRow> Rows { get; } =
    [
        new(1, "Bradley-Terry reward model; ensembles; margins", "learned scalar", "human or AI pairs", "supervised", ["rm.bt", "rm.ensemble"],
            ["RewardModelTests.C1_and_C2_bradley_terry", "RewardModelTests.C3_rankings", "RewardModelTests.C4_ensemble"]),
        new(2, "Outcome, process, implicit and generative reward models", "learned, per answer, step or token", "verifier, Monte Carlo, human", "supervised", ["rm.orm", "rm.prm", "rm.implicit", "rm.generative"],
            ["RewardModelTests.C5_and_C6_steps", "RewardModelTests.C7_implicit_process_rewards", "RewardModelTests.C8_expected_score"]),
        new(3, "RLHF: supervised, reward model, PPO, pretraining mix", "learned", "human", "on-policy actor-critic", ["method:ppo", "rm.bt", "term.ptx"],
            ["CreditTests.C10_rewards_with_penalty_advantages_and_whitening", "PolicyObjectiveTests.C12_coefficient_adapts_by_at_most_a_fifth_of_its_horizon"]),
        new(4, "RLAIF, direct RLAIF, constitutional AI", "AI judge", "AI", "as row 3", ["feedback.ai", "recipe.cai"],
            ["RewardModelTests.C15_judge_is_asked_in_both_orders", "JudgeTests.Judge_that_follows_the_position_prefers_neither", "JudgeTests.Revision_follows_a_principle_drawn_at_random"]),
        new(5, "Policy gradient: REINFORCE, actor-critic, TRPO, PPO with dual clip, VAPO", "any", "any", "on-policy", ["method:reinforce", "method:a2c", "method:ppo", "method:trpo", "method:vapo", "loss.pg", "loss.ppo", "opt.trpo", "adv.gae", "adv.vapo"],
            ["PolicyObjectiveTests.C11_clipped_surrogate_and_dual_clip", "PolicyObjectiveTests.C14_trust_region_step_on_a_three_way_softmax", "PolicyObjectiveTests.C13_value_loss_takes_the_larger_of_plain_and_clipped", "CreditTests.C28_vapo_actor_trace_grows_with_the_response"]),
        new(6, "Critic-free groups: GRPO, Dr. GRPO, DAPO, GSPO, RLOO, REINFORCE++, ReMax, OPO, GPG, CISPO, GMPO, SAPO, pass@k", "any", "any", "on-policy",
            ["method:grpo", "method:drgrpo", "method:dapo", "method:gspo", "method:rloo", "method:reinforcepp", "method:reinforcepp_baseline", "method:remax", "method:opo", "method:gpg", "method:cispo", "method:gmpo", "method:sapo", "method:passk"],
            ["EveryMethodTests.Method_finds_the_minoritys_behaviour", "CreditTests.C16_grpo", "CreditTests.C17_drgrpo", "CreditTests.C18_rloo", "CreditTests.C19_opo", "CreditTests.C20_gpg", "CreditTests.C21_passk", "CreditTests.C22_remax", "CreditTests.C23_reinforcepp_whitens_token_returns_over_the_batch",
                "PolicyObjectiveTests.C24_sequence_ratio_is_the_geometric_mean_of_the_tokens", "PolicyObjectiveTests.C25_geometric_mean_clips_on_the_side_of_the_advantage_and_the_soft_gate", "PolicyObjectiveTests.C26_overlong_responses_are_punished_softly", "PolicyObjectiveTests.C27_reductions"]),
        new(7, "Off-policy value: ILQL with CQL, VerifierQ, ArCHer, OREO, A*-PO, DRO", "any", "logged", "off-policy Q, path consistency", ["value.ilql", "value.verifierq", "value.archer", "method:archer", "loss.dro", "loss.oreo", "loss.apo_star"],
            ["OfflineValueTests.C29_expectile", "OfflineValueTests.C30_q_loss", "OfflineValueTests.C31_conservative_term", "OfflineValueTests.C32_extracted_policy", "OfflineValueTests.C33_step_verifier", "OfflineValueTests.C34_path_consistency",
                "LoggedTrainingTests.Policy_and_value_reach_the_exact_optimum", "LoggedTrainingTests.Token_values_are_those_of_the_data_and_steer_the_decoding", "LoggedTrainingTests.Step_values_are_those_of_the_data_and_choose_right_answers", "LoggedTrainingTests.Turn_critics_find_the_value_of_the_policy"]),
        new(8, "Direct preference: DPO and its family", "implicit", "pairs, binary labels, rankings", "offline supervised", [.. PreferenceComponents.All.Select(entry => entry.Key)],
            ["PreferenceLossTests.Losses_of_two_pairs", "PreferenceLossTests.C43_orpo", "PreferenceLossTests.C44_kto", "PreferenceLossTests.C59_rankings", "EveryPreferenceTrainingTests.Loss_over_pairs_makes_right_answers_likelier", "EveryPreferenceTrainingTests.Loss_over_single_responses_makes_right_answers_likelier"]),
        new(9, "Unified alignment (UNA)", "implicit, regressed on any feedback", "any", "supervised", ["pref.una"], ["PreferenceLossTests.C57_regression_on_feedback"]),
        new(10, "Verifiable rewards; outcome-based; chain-of-thought rewards; verifier-guided", "program or learned verifier", "verifier", "on-policy", ["reward.verifiable", "reward.learned", "method:obrl", "method:cotro", "method:prm"],
            ["PolicyObjectiveTests.C61_to_C63_outcome_step_and_learned_rewards_weigh_log_probabilities"]),
        new(11, "Execution feedback; tools; several turns", "tests, tools", "environment", "on-policy, observations masked", ["reward.exec", "rollout.tools"],
            ["ExecutionFeedbackTests.Tests_that_pass_are_paid_and_failures_graded", "PolicyObjectiveTests.C64_masked_observation_tokens_and_padding_change_no_loss", "CreditTests.Tool_tokens_pass_value_and_trace_through_unchanged"]),
        new(12, "Rejection sampling, RAFT, ReST, STaR, V-STaR, expert iteration, RSO", "verifier or reward model", "self", "filtered supervised", ["recipe.filter", "recipe.vstar", "infer.best_of_n"],
            ["RecipeTests.Filtered_samples_teach_what_the_demonstrators_seldom_did", "RecipeTests.Verifier_that_learned_from_failures_chooses_better_than_the_generator_answers", "SearchTests.C65_rejection_sampling", "SearchTests.C66_divergence_of_best_of_n", "SearchTests.C67_pass_at_k"]),
        new(13, "Self-play: SPIN, SPPO, Nash-MD, self-rewarding, online DPO, XPO", "preference model", "AI, self", "iterative", ["recipe.selfplay", "recipe.nash_md", "pref.spin", "pref.sppo", "pref.xpo"],
            ["RecipeTests.Rounds_against_oneself_learn_from_demonstrations_and_from_a_judge", "PreferenceLossTests.C68_and_C69_self_play", "PreferenceLossTests.C70_online_pairs_are_the_best_and_the_worst"]),
        new(14, "Several objectives: scalarisation, soups, RiC, MODPO, GDPO, Safe RLHF", "vector", "any", "any", ["moo.scalarise", "moo.soup", "moo.ric", "moo.gdpo", "moo.safe", "pref.modpo", "method:gdpo"],
            ["MultiObjectiveTests.C71_order_of_sum_and_normalisation", "MultiObjectiveTests.C72_soup", "MultiObjectiveTests.C73_tchebycheff", "MultiObjectiveTests.C74_rewards_in_context", "MultiObjectiveTests.C75_reward_under_a_bound_on_cost"]),
        new(15, "Hybrids: PPO-ptx, DPO with NLL, mixed losses", "any", "any", "mixed", ["recipe.hybrid", "term.ptx", "pref.rpo"], ["PolicyObjectiveTests.C76_hybrid_mixes_reinforcement_and_imitation"]),
        new(16, "Inference time: best of N, votes, beam search, tree search", "verifier or process reward model", "-", "none", ["infer.best_of_n", "infer.beam", "infer.mcts"],
            ["SearchTests.C77_puct", "SearchTests.Beam_search_with_a_step_verifier_finds_what_single_samples_miss", "SearchTests.Tree_search_finds_it_too_and_more_simulations_find_more"]),
        new(17, "Guards: KL control, ensembles, clip and whitening, length, gold against proxy", "-", "-", "-", ["guard.kl", "guard.reward", "guard.monitor", "rm.ensemble"],
            ["RewardGuardTests.Rewards_are_penalised_for_length_and_missing_end_then_clipped_and_whitened", "RewardGuardTests.Proxy_that_rises_while_gold_falls_is_noticed"]),
    ];
}
