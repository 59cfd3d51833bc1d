using Bellman.Experiments;
using Bellman.Papers.BehaviorAlignment;
using Bellman.Papers.CombinatorialRestlessBandits;
using Bellman.Papers.DynamicRewardWeighting;
using Bellman.Papers.EdgeOfReach;
using Bellman.Papers.EffectiveHorizon;
using Bellman.Papers.Engines;
using Bellman.Papers.ExploreExploitGrpo;
using Bellman.Papers.Foundations;
using Bellman.Papers.GuidedHybridPolicyOptimization;
using Bellman.Papers.HorizonFreeRewardFreeExploration;
using Bellman.Papers.InformationPrioritization;
using Bellman.Papers.InterventionRl;
using Bellman.Papers.KnowledgeableRl;
using Bellman.Papers.Mentor;
using Bellman.Papers.Nanorobots;
using Bellman.Papers.OfflineAlgorithms;
using Bellman.Papers.RandomizedPreferenceLearning;
using Bellman.Papers.ReinforcementMidTraining;
using Bellman.Papers.RepresentationExploration;
using Bellman.Papers.SubmodularRl;
using Bellman.Papers.SurveyRlForLlms;
using Bellman.Papers.TokenHiddenReward;
using Bellman.Papers.TrajectoryWeighting;

namespace Bellman.Papers;

/// <summary>A paper of the library.</summary>
/// <param name="Slug">Its name on the command line, e.g. <c>nanorobots</c>.</param>
/// <param name="Title">The paper's title.</param>
/// <param name="Folder">Its folder, from the root of the repository.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="CreateReproduction">Makes its reproduction.</param>
public sealed record PaperEntry(string Slug, string Title, string Folder, string Summary, Func<Reproduction> CreateReproduction);

/// <summary>Every paper, for <c>bellman papers</c> and <c>bellman reproduce</c>. A new paper adds one line here.</summary>
public static class PaperCatalog
{
    /// <summary>The papers, by slug.</summary>
    public static IReadOnlyList<PaperEntry> All { get; } =
    [
        new("foundations",
            "The standard algorithms on the standard tasks",
            "src/Bellman.Papers/Foundations",
            "Every standard algorithm solves its standard task; plain variants beside them fail where the task tells them apart.",
            () => new FoundationsReproduction()),
        new("engines",
            "Two engines, one mathematics",
            "src/Bellman.Papers/Engines",
            "PPO, DQN and SAC learn the same whether the SIMD engine or torch computes their networks.",
            () => new EnginesReproduction()),
        new("offline",
            "The standard offline algorithms on recorded data",
            "src/Bellman.Papers/OfflineAlgorithms",
            "BC, TD3+BC, IQL, CQL and others on data of known quality: values help where good and bad play are mixed, and do no harm where they are not.",
            () => new OfflineAlgorithmsReproduction()),
        new("nanorobots",
            "Simulation of Nanorobots with Artificial Intelligence and Reinforcement Learning for Advanced Cancer Cell Detection and Tracking",
            "src/Bellman.Papers/Nanorobots",
            "A robot that senses biomarkers learns by tabular Q-learning how to find a walking cell among obstacles in three dimensions.",
            () => new NanorobotsReproduction()),
        new("horizon-free-rfe",
            "Optimal Horizon-Free Reward-Free Exploration for Linear Mixture MDPs",
            "src/Bellman.Papers/HorizonFreeRewardFreeExploration",
            "Explores without reward, weighting samples by variances of several orders, and plans for any reward; the episodes it needs do not grow with the horizon.",
            () => new HorizonFreeReproduction()),
        new("preference-randomization",
            "Making RL with Preference-based Feedback Efficient via Randomization",
            "src/Bellman.Papers/RandomizedPreferenceLearning",
            "Learns from preferences between trajectories, explores by one draw of noise a round, and asks only where draws disagree.",
            () => new PreferenceReproduction()),
        new("sqirl",
            "The Effective Horizon Explains Deep RL Performance in Stochastic Environments",
            "src/Bellman.Papers/EffectiveHorizon",
            "Random play's values, a few Bellman steps, greedy action: SQIRL solves what theory says it can, and what is hard for it is hard for PPO and Q-learning.",
            () => new EffectiveHorizonReproduction()),
        new("survey-rl-for-llms",
            "A Technical Survey of Reinforcement Learning Techniques for Large Language Models",
            "src/Bellman.Papers/SurveyRlForLlms",
            "Every technique family of the survey in one harness, compared exactly on a table and on held-out prompts with a transformer.",
            () => new SurveyRlForLlmsReproduction()),
        new("thr",
            "Token Hidden Reward: Steering Exploration-Exploitation in Group Relative Deep Reinforcement Learning",
            "src/Bellman.Papers/TokenHiddenReward",
            "A token's advantage is scaled by whether its update raises or lowers the likelihood of the group's correct responses: one knob between pass@1 and pass@k.",
            () => new TokenHiddenRewardReproduction()),
        new("repexp",
            "Representation-Based Exploration for Language Models: From Test-Time to Post-Training",
            "src/Bellman.Papers/RepresentationExploration",
            "Hidden states say which responses are new: fewer verifier calls at inference, variety kept in training.",
            () => new RepresentationExplorationReproduction()),
        new("knowrl",
            "KnowRL: Exploring Knowledgeable Reinforcement Learning for Factuality",
            "src/Bellman.Papers/KnowledgeableRl",
            "Refusals that pay and facts that are checked: a policy that says what it knows and admits what it does not.",
            () => new KnowledgeableRlReproduction()),
        new("rmt",
            "RMT: Reinforcement Mid-Training",
            "src/Bellman.Papers/ReinforcementMidTraining",
            "Plain text as a verifiable task: think within a shrinking budget, predict the uncertain token, keep the text.",
            () => new ReinforcementMidTrainingReproduction()),
        new("ghpo",
            "GHPO: Adaptive Guidance for Stable and Efficient LLM Reinforcement Learning",
            "src/Bellman.Papers/GuidedHybridPolicyOptimization",
            "Prompts that every response fails are asked again with a quarter, half or three quarters of their reference solution, so that they teach something.",
            () => new GuidedHybridPolicyOptimizationReproduction()),
        new("subpo",
            "Submodular Reinforcement Learning",
            "src/Bellman.Papers/SubmodularRl",
            "A policy gradient on marginal gains covers, collects and explores where additive rewards camp on the best state.",
            () => new SubmodularRlReproduction()),
        new("sequoia",
            "Reinforcement learning with combinatorial actions for coupled restless bandits",
            "src/Bellman.Papers/CombinatorialRestlessBandits",
            "A Q-network inside a mixed-integer program finds the best joint action of arms that capacities, schedules or walks couple.",
            () => new SequoiaReproduction()),
        new("xrpo",
            "XRPO: Pushing the limits of GRPO with Targeted Exploration and Exploitation",
            "src/Bellman.Papers/ExploreExploitGrpo",
            "Rollouts go where they reduce uncertainty most, failed prompts see solved ones, and unlikely correct responses count more.",
            () => new ExploreExploitGrpoReproduction()),
        new(RewardWeighting.Key,
            "Learning to Optimize Multi-Objective Alignment Through Dynamic Reward Weighting",
            "src/Bellman.Papers/DynamicRewardWeighting",
            "Several rewards weighed anew in every step: by gradient influence, or by whether the last checkpoint enlarged the Pareto front.",
            () => new DynamicRewardWeightingReproduction()),
        new("barfi",
            "Behavior Alignment via Reward Function Optimization",
            "src/Bellman.Papers/BehaviorAlignment",
            "Learns how to blend a designer's auxiliary reward with the one that counts, and how far to look ahead; a misleading one does no harm.",
            () => new BarfiReproduction()),
        new("trajectory-weighting",
            "Harnessing Mixed Offline Reinforcement Learning Datasets via Trajectory Weighting",
            "src/Bellman.Papers/TrajectoryWeighting",
            "Offline learners see more of the episodes that went well for where they began: a little good data among much bad is enough.",
            () => new TrajectoryWeightingReproduction()),
        new("ravl",
            "The Edge-of-Reach Problem in Offline Model-Based Reinforcement Learning",
            "src/Bellman.Papers/EdgeOfReach",
            "Short rollouts bootstrap from states in which nothing is trained; the minimum of many critics is low there, and the method survives its model being perfect.",
            () => new EdgeOfReachReproduction()),
        new("rlif",
            "RLIF: Interactive Imitation Learning as Reinforcement Learning",
            "src/Bellman.Papers/InterventionRl",
            "The only reward is -1 for what led an expert to take over; the learner passes experts that cloning stays behind.",
            () => new RlifReproduction()),
        new("infopower",
            "INFOrmation Prioritization through EmPOWERment in Visual Model-Based RL",
            "src/Bellman.Papers/InformationPrioritization",
            "A world model under the constraint that its latents tell the action keeps what the agent controls and ignores what no action changes.",
            () => new InfoPowerReproduction()),
        new("mentor",
            "MENTOR: Mixture-of-Experts Network with Task-Oriented Perturbation for Visual Reinforcement Learning",
            "src/Bellman.Papers/Mentor",
            "From pixels: an actor of experts, whose weights are now and then moved towards those after its own best episodes instead of towards fresh ones.",
            () => new MentorReproduction()),
    ];

    /// <summary>The paper called <paramref name="slug"/>, in any case.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest names.</exception>
    public static PaperEntry Find(string slug) =>
        All.FirstOrDefault(paper => paper.Slug.Equals(slug, StringComparison.OrdinalIgnoreCase))
        ?? throw NearNames.Unknown("paper", slug, All.Select(paper => paper.Slug), "'bellman papers' lists all of them.");
}
