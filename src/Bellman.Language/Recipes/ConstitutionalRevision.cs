namespace Bellman.Language;

/// <summary>The user's templates, with the slots {principle}, {question}, {response} and {critique}.</summary>
/// <param name="Critique">Asks for a critique of {response} to {question} by {principle}.</param>
/// <param name="Revision">Asks for a revision of {response} by {critique}.</param>
public sealed record ConstitutionTemplates(string Critique, string Revision);

/// <summary>
/// Constitutional AI, the supervised half (Bai et al. 2022): a response is criticised by a principle drawn at random and revised, a few
/// times; the last revision is imitated. The other half is preference training or RL with a <see cref="ChatJudge"/> as labeller.
/// </summary>
public sealed class ConstitutionalRevision
{
    private readonly IReadOnlyList<string> principles;
    private readonly ConstitutionTemplates templates;
    private readonly Func<string, CancellationToken, Task<string>> generate;

    /// <summary>A constitution.</summary>
    /// <param name="principles">At least one.</param>
    /// <param name="templates">How is asked.</param>
    /// <param name="generate">Answers a prompt: the policy itself, or a chat client.</param>
    /// <exception cref="UsageException">There is no principle, or a template lacks a slot.</exception>
    public ConstitutionalRevision(IReadOnlyList<string> principles, ConstitutionTemplates templates, Func<string, CancellationToken, Task<string>> generate)
    {
        if (principles.Count == 0) { throw new UsageException("A constitution has at least one principle."); }
        Require(templates.Critique, "critique", "{principle}", "{response}");
        Require(templates.Revision, "revision", "{critique}", "{response}");
        (this.principles, this.templates, this.generate) = (principles, templates, generate);
    }

    /// <summary>The response after <paramref name="rounds"/> rounds of critique and revision (1 to 4 are usual).</summary>
    public async Task<string> ReviseAsync(string question, string response, int rounds, RandomStream random, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        for (var round = 0; round < rounds; round++)
        {
            var principle = principles[random.NextInt32(principles.Count)];
            var critique = await generate(Fill(templates.Critique, principle, question, response, ""), cancellation).ConfigureAwait(false);
            response = await generate(Fill(templates.Revision, principle, question, response, critique), cancellation).ConfigureAwait(false);
        }
        return response;
    }

    private static string Fill(string template, string principle, string question, string response, string critique) => template
        .Replace("{principle}", principle, StringComparison.Ordinal)
        .Replace("{question}", question, StringComparison.Ordinal)
        .Replace("{response}", response, StringComparison.Ordinal)
        .Replace("{critique}", critique, StringComparison.Ordinal);

    private static void Require(string template, string name, params string[] slots)
    {
        foreach (var slot in slots)
        {
            if (!template.Contains(slot, StringComparison.Ordinal)) { throw new UsageException($"The {name} template lacks the slot {slot}. Slots are {{principle}}, {{question}}, {{response}} and {{critique}}."); }
        }
    }
}
