using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// ILQL (Snell et al. 2022): implicit Q-learning over tokens. Heads give V and twin Q; all terms are averaged over the
/// non-terminal action positions.
/// </summary>
public static class ImplicitLanguageQ
{
    /// <summary>L_V = mean |tau - 1(Q &lt; V)| (Q - V)^2: the expectile that nears the best action's value as tau nears 1.</summary>
    public static Tensor Expectile(Tensor difference, double tau) =>
        (where(difference.lt(0), full_like(difference, 1 - tau), full_like(difference, tau)) * difference.square()).mean();

    /// <summary>L_V of values [n] against the smaller target Q at the data's tokens [n], which carries no gradient.</summary>
    public static Tensor ValueLoss(Tensor values, Tensor targetQ, double tau = 0.7) => Expectile(targetQ.detach() - values, tau);

    /// <summary>L_Q of one twin: mean (r + gamma (1 - done) V' - Q)^2.</summary>
    public static Tensor QLoss(Tensor q, Tensor rewards, Tensor nextValues, Tensor done, double gamma = 0.99) =>
        (rewards + gamma * (1 - done) * nextValues.detach() - q).square().mean();

    /// <summary>L_CQL of one twin: cross-entropy of softmax(Q / temperature) with the data's tokens: mean over rows of [n, vocabulary].</summary>
    public static Tensor ConservativeLoss(Tensor q, Tensor tokens, double temperature = 1) =>
        -(q / temperature).log_softmax(-1).gather(1, tokens.unsqueeze(1)).mean();

    /// <summary>The language-model loss, weighted by exp(beta (Q - V)) (1 for beta 0): mean over rows.</summary>
    public static Tensor WeightedLikelihood(Tensor logProbabilities, Tensor q, Tensor values, double beta) =>
        -((beta * (q - values)).detach().clamp_max(10).exp() * logProbabilities).mean();

    /// <summary>Logits of the extracted policy: log pi_beta + beta (Q - V), the advantages optionally not above 0.</summary>
    public static Tensor PolicyLogits(Tensor behaviour, Tensor q, Tensor values, double beta, bool clipAtZero = false)
    {
        var advantages = q - values;
        return behaviour.log_softmax(-1) + beta * (clipAtZero ? advantages.clamp_max(0) : advantages);
    }

    /// <summary>target &lt;- rate x source + (1 - rate) x target.</summary>
    public static void Polyak(IReadOnlyList<Tensor> source, IReadOnlyList<Tensor> target, double rate = 0.005)
    {
        using var withoutGradients = no_grad();
        for (var i = 0; i < source.Count; i++) { target[i].mul_(1 - rate).add_(source[i], alpha: rate); }
    }
}
